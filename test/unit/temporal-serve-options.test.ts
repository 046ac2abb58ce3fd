import { expect, test } from "vitest";
import { InvalidRequestError } from "../../src/domain/errors.ts";
import { readServeOptions } from "../../tools/temporal/options.ts";

test("without options the server is where clients look for it, with its UI a thousand ports above", () => {
  expect(readServeOptions([], {})).toEqual({ port: 7233, uiPort: 8233, dbFilename: ".billhouse/temporal.db" });
  expect(readServeOptions(["--port", "7300"], {})).toMatchObject({ port: 7300, uiPort: 8300 });
});

test("its database is in the data directory that the environment names, or in the file that is given", () => {
  expect(readServeOptions([], { BILLHOUSE_DATA_DIR: "/data" })).toMatchObject({ dbFilename: "/data/temporal.db" });
  expect(readServeOptions(["--db-filename", "t.db"], { BILLHOUSE_DATA_DIR: "/data" })).toMatchObject({
    dbFilename: "t.db",
  });
});

test("help comes before everything else that is asked for", () => {
  expect(readServeOptions(["--prepare", "-h"], {})).toBe("help");
  expect(readServeOptions(["--prepare"], {})).toBe("prepare");
});

test.each([
  [["--port", "0"], "--port 0"],
  [["--port", "65536"], "--port 65536"],
  [["--ui-port", "x"], "--ui-port x"],
  [["--ui-port", "7233"], "is the server's own"],
  [["--db-filename", ""], "expected the name of a file"],
  [["--nonsense"], "--nonsense"],
  [["more"], "more"],
])("%j is refused", (args, said) => {
  expect(() => readServeOptions(args, {})).toThrow(InvalidRequestError);
  expect(() => readServeOptions(args, {})).toThrow(said);
});
