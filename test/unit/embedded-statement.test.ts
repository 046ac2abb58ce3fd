import { expect, test } from "vitest";
import { parseStatement, type Statement } from "../../clickhouse/embedded/statement.ts";

const parse = (sql: string, isComplete = true): Statement | undefined =>
  parseStatement(Buffer.from(sql).toString("latin1"), isComplete);

const into = (sql: string) => {
  const statement = parse(sql);
  return statement?.kind === "read" ? statement.into("/p", "TSV") : statement?.kind;
};

const from = (sql: string) => {
  const statement = parse(sql);
  return statement?.kind === "insert" ? statement.from("/p", "gzip") : statement?.kind;
};

test("a result goes into the pipe, in front of the format", () => {
  expect(into("SELECT 1")).toBe("SELECT 1\nINTO OUTFILE '/p' APPEND FORMAT TSV");
  expect(into("SELECT 1 FORMAT CSV;")).toBe("SELECT 1 \nINTO OUTFILE '/p' APPEND FORMAT CSV");
  expect(into("SELECT 1 FORMAT CSV SETTINGS a = 1")).toBe(
    "SELECT 1 \nINTO OUTFILE '/p' APPEND FORMAT CSV SETTINGS a = 1",
  );
  expect(into("SELECT 1 SETTINGS a = 1")).toBe("SELECT 1 SETTINGS a = 1\nINTO OUTFILE '/p' APPEND FORMAT TSV");
  expect(into("SELECT 'ü€' -- the end")).toBe("SELECT 'ü€'\nINTO OUTFILE '/p' APPEND FORMAT TSV");
});

test.for([
  "SELECT format FROM t",
  "SELECT 1 AS format",
  "SELECT t.format x FROM t",
  "SELECT 'FORMAT CSV'",
  "SELECT 1 /* FORMAT CSV */",
  "SELECT 1 # FORMAT CSV",
  "SELECT `FORMAT` CSV",
  "SELECT (SELECT 1 FORMAT CSV)",
  "SELECT $$FORMAT CSV$$",
])("%s names no format", (sql) => {
  expect(parse(sql)).toMatchObject({ kind: "read", format: undefined });
});

test("rows come from the pipe, whatever the target is called", () => {
  expect(from("INSERT INTO t FORMAT CSV")).toBe("INSERT INTO t FROM INFILE '/p' COMPRESSION 'gzip'  FORMAT CSV");
  expect(from("insert into `format` (`values`, b) values (1)")).toBe(
    "insert into `format` (`values`, b) FROM INFILE '/p' COMPRESSION 'gzip'  FORMAT Values",
  );
  expect(from("INSERT INTO a.format SETTINGS x = 'VALUES' FORMAT TSV")).toBe(
    "INSERT INTO a.format FROM INFILE '/p' COMPRESSION 'gzip' SETTINGS x = 'VALUES'  FORMAT TSV",
  );
  expect(from("INSERT INTO FUNCTION file('x', 'CSV') FORMAT CSV")).toBe(
    "INSERT INTO FUNCTION file('x', 'CSV') FROM INFILE '/p' COMPRESSION 'gzip'  FORMAT CSV",
  );
  expect(
    from("INSERT INTO t (a) SELECT b FROM input('b String') WHERE b != 'input(' SETTINGS x = 1 FORMAT CSV 1"),
  ).toBe("INSERT INTO t (a) SELECT b FROM file('/p', 'CSV', 'b String', 'gzip') WHERE b != 'input(' SETTINGS x = 1 ");
});

test("an INSERT without data behind it is a command", () => {
  expect(from("INSERT INTO t SELECT 1")).toBe("command");
  expect(from("INSERT INTO t (SELECT 1)")).toBe("command");
  expect(from("INSERT INTO t SELECT input, format FROM s")).toBe("command");
  expect(from("WITH 1 AS x INSERT INTO t SELECT x")).toBe("command");
});

test("data begins behind the format, and is not read", () => {
  const start = (sql: string) => {
    const statement = parse(sql, false);
    return statement?.kind === "insert" ? sql.slice(statement.dataStart) : undefined;
  };
  expect(start("INSERT INTO t FORMAT CSV\n\n'1;")).toBe("\n'1;");
  expect(start("INSERT INTO t FORMAT CSV \r\n1")).toBe("1");
  expect(start("INSERT INTO t FORMAT JSONEachRow{}")).toBe("{}");
  expect(start("INSERT INTO t VALUES ('")).toBe(" ('");
});

test("a text that was cut is not judged before its end has come", () => {
  const sql = "INSERT INTO t (a, b) SETTINGS x = 'it''s' FORMAT JSONEachRow\n";
  for (let length = 1; length < sql.length - 1; length++) expect(parse(sql.slice(0, length), false)).toBeUndefined();
  expect(parse(sql, false)).toMatchObject({ kind: "insert", format: "JSONEachRow", dataStart: sql.length });
});

test("more than one statement, and one that is not closed, are syntax errors", () => {
  for (const sql of [
    "SELECT 1; SELECT 2",
    "DROP TABLE a; DROP TABLE b",
    "SELECT 1;;",
    "SELECT 'a",
    "SELECT `a",
    "SELECT /* a",
  ]) {
    expect(() => parse(sql)).toThrow("Code: 62. DB::Exception: Syntax error");
  }
  expect(parse("SELECT 1; -- nothing more")).toMatchObject({ kind: "read" });
});
