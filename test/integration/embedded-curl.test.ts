import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { curl, rawCurl, test, type TestWarehouse } from "../support/embedded.ts";

const ask = async (warehouse: TestWarehouse, query: string, ...args: string[]) =>
  curl(warehouse, [`${warehouse.url}/`, "--data-binary", query, ...args]);

const inUrl = (warehouse: TestWarehouse, query: string, more = "") =>
  `${warehouse.url}/?query=${encodeURIComponent(query)}${more}`;

describe("without a query", () => {
  test("/ping and / say that it is there, to everybody", async ({ warehouse }) => {
    for (const path of ["/ping", "/", "/replicas_status"]) {
      expect(await rawCurl([`${warehouse.url}${path}`])).toMatchObject({ status: 200, body: "Ok.\n" });
    }
  });

  test("there is nothing else", async ({ warehouse }) => {
    expect(await curl(warehouse, [`${warehouse.url}/play`])).toMatchObject({ status: 404 });
    const empty = await ask(warehouse, "");
    expect(empty).toMatchObject({ status: 400 });
    expect(empty.body).toContain("Empty query");
    expect(await curl(warehouse, [inUrl(warehouse, "SELECT 1"), "-X", "DELETE"])).toMatchObject({ status: 501 });
  });
});

describe("a query", () => {
  test("comes in the URL, in the body, or begins in one and goes on in the other", async ({ warehouse }) => {
    const answers = [
      await curl(warehouse, [inUrl(warehouse, "SELECT 1, 'a b+c'")]),
      await ask(warehouse, "SELECT 1, 'a b+c'"),
      await ask(warehouse, "SELECT 1, 'a b+c';\n-- the end"),
      await curl(warehouse, [inUrl(warehouse, "SELECT 1,"), "--data-binary", "'a b+c'"]),
      await curl(warehouse, [`${warehouse.url}/`, "-G", "--data-urlencode", "query=SELECT 1, 'a b+c'"]),
    ];
    for (const answer of answers) {
      expect(answer.headers["x-clickhouse-query-id"]).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer).toMatchObject({
        status: 200,
        body: "1\ta b+c\n",
        headers: {
          "content-type": "text/tab-separated-values; charset=UTF-8",
          "x-clickhouse-format": "TabSeparated",
        },
      });
    }
  });

  test("takes its format from its text, then the URL, then the header", async ({ warehouse }) => {
    const header = ["-H", "X-ClickHouse-Format: CSVWithNames"];
    expect((await ask(warehouse, "SELECT 'a' AS x", ...header)).body).toBe('"x"\n"a"\n');
    const url = inUrl(warehouse, "SELECT 'a' AS x", "&default_format=JSONEachRow");
    expect((await curl(warehouse, [url, ...header])).body).toBe('{"x":"a"}\n');
    expect((await curl(warehouse, [url.replace("AS%20x", "AS%20x%20FORMAT%20Values"), ...header])).body).toBe("('a')");
    expect((await ask(warehouse, "SELECT 'a' AS x FORMAT CSV SETTINGS format_csv_delimiter = ';'")).body).toBe('"a"\n');
    expect(await ask(warehouse, "SELECT 1 FORMAT Nope")).toMatchObject({
      status: 404,
      headers: { "x-clickhouse-exception-code": "73" },
    });
  });

  test("takes parameters and settings from the URL", async ({ warehouse }) => {
    const query = "SELECT {a:String}, {b:Array(UInt8)}, getSetting('max_threads')";
    const url = inUrl(
      warehouse,
      query,
      `&param_a=${encodeURIComponent("it's")}&param_b=[1,2]&max_threads=3&database=system`,
    );
    expect((await curl(warehouse, [url, "-X", "POST"])).body).toBe("it\\'s\t[1,2]\t3\n");
    expect((await curl(warehouse, [url])).body).toBe("it\\'s\t[1,2]\t3\n");
  });

  test("that changes something is refused as a GET", async ({ warehouse }) => {
    const query = "CREATE TABLE by_get (a UInt8) ENGINE = Memory";
    const answer = await curl(warehouse, [inUrl(warehouse, query)]);
    expect(answer).toMatchObject({ status: 500, headers: { "x-clickhouse-exception-code": "164" } });
    expect(answer.body).toContain("(READONLY)");
  });

  test("is answered packed when the client wants that and says so twice", async ({ warehouse }) => {
    const url = inUrl(warehouse, "SELECT number FROM numbers(100000)", "&enable_http_compression=1");
    const whole = await curl(warehouse, [url, "--compressed"]);
    expect(whole).toMatchObject({ status: 200, headers: { "content-encoding": "gzip" } });
    expect(whole.body.split("\n")).toHaveLength(100_001);
    const plain = await curl(warehouse, [url.replace("compression=1", "compression=0"), "--compressed"]);
    expect(plain.headers).not.toHaveProperty("content-encoding");
  });

  test("may be packed itself", async ({ warehouse }) => {
    for (const [encoding, body] of [
      ["gzip", gzipSync("SELECT 1")],
      ["deflate", deflateSync("SELECT 1")],
      ["br", brotliCompressSync("SELECT 1")],
    ] as const) {
      const args = [`${warehouse.url}/`, "-H", `Content-Encoding: ${encoding}`, "--data-binary", "@-"];
      expect(await curl(warehouse, args, body)).toMatchObject({ status: 200, body: "1\n" });
    }
    expect(gunzipSync(gzipSync("SELECT 1")).toString()).toBe("SELECT 1");
  });
});

describe("users", () => {
  test("identify themselves by Basic, by headers or in the URL", async ({ warehouse }) => {
    const { url, username, password } = warehouse;
    const query = "query=SELECT%201";
    expect(await rawCurl(["-u", `${username}:${password}`, `${url}/?${query}`])).toMatchObject({ status: 200 });
    const headers = ["-H", `X-ClickHouse-User: ${username}`, "-H", `X-ClickHouse-Key: ${password}`];
    expect(await rawCurl([...headers, `${url}/?${query}`])).toMatchObject({ status: 200 });
    expect(await rawCurl([`${url}/?${query}&user=${username}&password=${password}`])).toMatchObject({ status: 200 });
  });

  test("are turned away without the right password", async ({ warehouse }) => {
    const query = `${warehouse.url}/?query=SELECT%201`;
    for (const args of [[], ["-u", "billhouse:wrong"], ["-u", `default:${warehouse.password}`]]) {
      const answer = await rawCurl([...args, query]);
      expect(answer).toMatchObject({ status: 403, headers: { "x-clickhouse-exception-code": "516" } });
      expect(answer.body).toMatch(
        /^Code: 516\. DB::Exception: \w+: Authentication failed: .*\(AUTHENTICATION_FAILED\) \(version/,
      );
    }
    const bearer = await rawCurl(["-H", "Authorization: Bearer x", query]);
    expect(bearer).toMatchObject({ status: 501 });
    expect(bearer.body).toContain("not supported by the embedded warehouse");
  });
});

describe("errors", () => {
  test("have a server's text and status", async ({ warehouse }) => {
    const cases = [
      [
        "SELECT * FROM nope",
        404,
        "60",
        /^Code: 60\. DB::Exception: Unknown table expression identifier 'nope'.*\(UNKNOWN_TABLE\) \(version 26\.[\d.]+\)\n$/,
      ],
      [
        "SELECT 1 FROM",
        400,
        "62",
        /^Code: 62\. DB::Exception: Syntax error: failed at position 14 \(end of query\).*\(SYNTAX_ERROR\) \(version [\d.]+\)\n$/,
      ],
      ["SELECT throwIf(1)", 500, "395", /^Code: 395\. DB::Exception: Value passed to 'throwIf'.*\(version [\d.]+\)\n$/],
      [
        "CREATE TABLE x (a UInt8) ENGINE = Nope",
        404,
        "56",
        /^Code: 56\. DB::Exception: Unknown table engine Nope.*\(UNKNOWN_STORAGE\) \(version [\d.]+\)\n$/,
      ],
    ] as const;
    for (const [query, status, code, text] of cases) {
      const answer = await ask(warehouse, query);
      expect(answer).toMatchObject({ exitCode: 0, status, headers: { "x-clickhouse-exception-code": code } });
      expect(answer.body).toMatch(text);
      expect(answer.body.match(/Code:/g)).toHaveLength(1);
    }
  });

  test("in the middle of a result break the transfer, with the exception at its end", async ({ warehouse }) => {
    const answer = await ask(
      warehouse,
      "SELECT number, throwIf(number = 300000) FROM numbers(500000) SETTINGS max_threads = 1",
    );
    expect(answer).toMatchObject({ exitCode: 18, status: 200 });
    const tag = answer.headers["x-clickhouse-exception-tag"] ?? "";
    const [, message = "", length] =
      new RegExp(`\\r\\n__exception__\\r\\n${tag}\\r\\n([^]*\\n)(\\d+) ${tag}\\r\\n__exception__\\r\\n$`).exec(
        answer.body,
      ) ?? [];
    expect(message).toMatch(/^Code: 395\. /);
    expect(Buffer.byteLength(message)).toBe(Number(length));
  });

  test("stand in place of a result that is waited for as a whole", async ({ warehouse }) => {
    const whole = "&wait_end_of_query=1&max_threads=1";
    const broken = await curl(warehouse, [
      inUrl(warehouse, "SELECT number, throwIf(number = 300000) FROM numbers(500000)", whole),
    ]);
    expect(broken).toMatchObject({ exitCode: 0, status: 500, headers: { "x-clickhouse-exception-code": "395" } });
    expect(broken.body).toMatch(/^Code: 395\. DB::Exception: Value passed to 'throwIf'.*\n$/);
    const wrong = await curl(warehouse, [inUrl(warehouse, "SELECT 1 FROM", whole)]);
    expect(wrong).toMatchObject({ exitCode: 0, status: 400, headers: { "x-clickhouse-exception-code": "62" } });
    expect(wrong.body).toMatch(/position 14 \(end of query\)/);
    const one = await curl(warehouse, [inUrl(warehouse, "SELECT 1 AS a, 'é' AS b FORMAT JSONEachRow", whole)]);
    expect(one).toMatchObject({ status: 200, headers: { "x-clickhouse-format": "JSONEachRow" } });
    expect(one.body).toBe('{"a":1,"b":"é"}\n');
    const many = await curl(warehouse, [
      inUrl(warehouse, "SELECT number FROM numbers(500000)", `${whole}&default_format=CSV`),
    ]);
    expect(many).toMatchObject({ exitCode: 0, status: 200 });
    expect(many.body.split("\n")).toHaveLength(500_001);
    expect((await curl(warehouse, [inUrl(warehouse, "SELECT 1 WHERE 0", whole)])).body).toBe("");
  });

  test("name what the embedded warehouse does not do, instead of leaving it undone", async ({ warehouse }) => {
    const more = ["session_id=x", "role=x", "compress=1", "decompress=1", "client_protocol_version=54460"];
    for (const parameter of more) {
      const answer = await curl(warehouse, [inUrl(warehouse, "SELECT 1", `&${parameter}`)]);
      expect(answer).toMatchObject({ status: 501, headers: { "x-clickhouse-exception-code": "48" } });
      expect(answer.body).toContain(
        `The URL parameter ${parameter.split("=")[0]} is not supported by the embedded warehouse`,
      );
    }
    expect(await curl(warehouse, [inUrl(warehouse, "SELECT 1"), "-F", "x=y"])).toMatchObject({ status: 501 });
    const odd = ["-H", "Content-Encoding: compress", "--data-binary", "x"];
    expect(await curl(warehouse, [inUrl(warehouse, "SELECT 1"), ...odd])).toMatchObject({ status: 501 });
    expect(await curl(warehouse, [inUrl(warehouse, "SELECT 1", "&compress=0&nonsense=1")])).toMatchObject({
      status: 404,
    });
  });
});

describe("inserts", () => {
  const count = async (warehouse: TestWarehouse, table: string) =>
    (await ask(warehouse, `SELECT count(), sum(a), max(s) FROM ${table}`)).body;

  test("take their data from behind the statement, wherever that is", async ({ warehouse }) => {
    await ask(warehouse, "CREATE TABLE given (a UInt64, s String DEFAULT 'd') ENGINE = MergeTree ORDER BY a");
    const bodies = [
      "INSERT INTO given FORMAT CSV\n1,x\n2,y\n",
      "INSERT INTO given (a, s) SETTINGS max_insert_threads = 1 FORMAT CSV\n1,x\n2,y\n",
      "insert into given values (1, 'x'), (2, lower('Y'))",
      "INSERT INTO given (*) VALUES(1, 'x') , (2, 'y');",
      'INSERT INTO default.given FORMAT JSONEachRow {"a":1,"s":"x"} {"a":2,"s":"y"}',
      'INSERT INTO TABLE `given` (`a`, "s") /* FORMAT */ FORMAT TSV\n1\tx\n2\ty\n',
      "INSERT INTO given SELECT number + 1, ['x', 'y'][number + 1] FROM numbers(2)",
      "INSERT INTO given (SELECT number + 1, ['x', 'y'][number + 1] FROM numbers(2))",
      "INSERT INTO given (a, s) WITH 1 AS one SELECT number + one, ['x', 'y'][number + 1] FROM numbers(2)",
      "INSERT INTO given SELECT * FROM input('a UInt64, s String') FORMAT Values (1, 'x'), (2, 'y')",
    ];
    for (const body of bodies) {
      expect({ ...(await ask(warehouse, body)), of: body }).toMatchObject({ status: 200, body: "" });
      expect([body, await count(warehouse, "given")]).toEqual([body, "2\t3\ty\n"]);
      await ask(warehouse, "TRUNCATE TABLE given");
    }
    const urls = [
      ["INSERT INTO given FORMAT CSV", "1,x\n2,y\n"],
      ["INSERT INTO given VALUES", "(1, 'x'), (2, 'y')"],
      ["INSERT INTO given VALUES (1, 'x')", ", (2, 'y')"],
      ["INSERT INTO", " given VALUES (1, 'x'), (2, 'y')"],
      ["INSERT INTO given VALUES (1, 'x'), (2, 'y')", ""],
    ] as const;
    for (const [query, body] of urls) {
      const answer = await curl(warehouse, [inUrl(warehouse, query), "--data-binary", body]);
      expect({ ...answer, of: query }).toMatchObject({ status: 200 });
      expect([query, await count(warehouse, "given")]).toEqual([query, "2\t3\ty\n"]);
      await ask(warehouse, "TRUNCATE TABLE given");
    }
  });

  test("take packed data", async ({ warehouse }) => {
    await ask(warehouse, "CREATE TABLE packed (a UInt64, s String) ENGINE = MergeTree ORDER BY a");
    const csv = Array.from({ length: 50_000 }, (_, index) => `${index},text ${index}\n`).join("");
    for (const [encoding, packed] of [
      ["gzip", gzipSync(csv)],
      ["deflate", deflateSync(csv)],
      ["br", brotliCompressSync(csv)],
    ] as const) {
      const args = [
        inUrl(warehouse, "INSERT INTO packed FORMAT CSV"),
        "-H",
        `Content-Encoding: ${encoding}`,
        "--data-binary",
        "@-",
      ];
      expect(await curl(warehouse, args, packed)).toMatchObject({ status: 200 });
      expect(await count(warehouse, "packed")).toBe("50000\t1249975000\ttext 9999\n");
      await ask(warehouse, "TRUNCATE TABLE packed");
    }
    const withStatement = gzipSync(`INSERT INTO packed FORMAT CSV\n${csv}`);
    const args = [`${warehouse.url}/`, "-H", "Content-Encoding: gzip", "--data-binary", "@-"];
    expect(await curl(warehouse, args, withStatement)).toMatchObject({ status: 200 });
    expect(await count(warehouse, "packed")).toBe("50000\t1249975000\ttext 9999\n");
    await ask(warehouse, "TRUNCATE TABLE packed");
    const cut = await curl(warehouse, args, withStatement.subarray(0, -100));
    expect(cut).toMatchObject({ status: 500, headers: { "x-clickhouse-exception-code": "271" } });
    expect(await count(warehouse, "packed")).toBe("0\t0\t\n");
  });

  test("of formats that need a file to seek in take their data, too", async ({ warehouse }) => {
    await ask(warehouse, "CREATE TABLE sought (a UInt64, s String) ENGINE = MergeTree ORDER BY a");
    const path = join(warehouse.dataDir, "x.parquet");
    const made = await ask(
      warehouse,
      "SELECT number AS a, 'x' AS s FROM numbers(3) FORMAT Parquet",
      "--no-include",
      "-o",
      path,
    );
    expect(made.exitCode).toBe(0);
    for (const query of [
      "INSERT INTO sought FORMAT Parquet",
      "INSERT INTO sought SELECT a, s FROM input('a UInt64, s String') FORMAT Parquet",
    ]) {
      expect(await curl(warehouse, [inUrl(warehouse, query), "--data-binary", `@${path}`])).toMatchObject({
        status: 200,
      });
      expect(await count(warehouse, "sought")).toBe("3\t3\tx\n");
      await ask(warehouse, "TRUNCATE TABLE sought");
    }
    const broken = await curl(warehouse, [inUrl(warehouse, "INSERT INTO sought FORMAT Parquet"), "--data-binary", "x"]);
    expect(broken.status).toBeGreaterThanOrEqual(400);
    expect(broken.body).not.toContain("billhouse-pipes");
  });

  test("that fail tell why while curl is still sending", async ({ warehouse }) => {
    await ask(warehouse, "CREATE TABLE strict (a UInt64) ENGINE = Memory");
    const path = join(warehouse.dataDir, "large.csv");
    await writeFile(path, `1\n2\nnot a number\n${"4\n".repeat(20_000_000)}`);
    const answer = await curl(warehouse, [
      inUrl(warehouse, "INSERT INTO strict FORMAT CSV"),
      "--data-binary",
      `@${path}`,
    ]);
    expect(answer).toMatchObject({ exitCode: 0, status: 400, headers: { "x-clickhouse-exception-code": "117" } });
    expect(answer.body).toContain("(at row 3)");
    expect(answer.body).not.toContain("billhouse-pipes");
    const missing = await curl(warehouse, [
      inUrl(warehouse, "INSERT INTO missing FORMAT CSV"),
      "--data-binary",
      `@${path}`,
    ]);
    expect(missing).toMatchObject({ exitCode: 0, status: 404, headers: { "x-clickhouse-exception-code": "60" } });
  });

  test("of a select that stops reading early are complete with what it read", async ({ warehouse }) => {
    await ask(warehouse, "CREATE TABLE limited (a UInt64) ENGINE = Memory");
    const query = "INSERT INTO limited SELECT a FROM input('a UInt64') LIMIT 5 FORMAT CSV";
    expect(
      await curl(warehouse, [inUrl(warehouse, query), "--data-binary", "@-"], "7\n".repeat(1_000_000)),
    ).toMatchObject({ status: 200 });
    expect((await ask(warehouse, "SELECT count(), sum(a) FROM limited")).body).toBe("5\t35\n");
  });
});
