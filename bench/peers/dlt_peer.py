"""dlt loads the files into DuckDB as its documentation begins: filesystem, read_csv, everything else its default."""

import dlt
import duckdb
from dlt.sources.filesystem import filesystem, read_csv

from measured import measure


def prepare(given):
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        destination=dlt.destinations.duckdb(given["directory"] + "/costs.duckdb"),
        dataset_name="billing",
        pipelines_dir=given["directory"] + "/pipelines",
    )
    return pipeline, given


def work(prepared):
    pipeline, given = prepared
    files = filesystem(bucket_url="file://" + given["exports"], file_glob="**/*.csv*")
    pipeline.run((files | read_csv()).with_name("costs"))


def check(prepared):
    connection = duckdb.connect(prepared[1]["directory"] + "/costs.duckdb")
    return connection.execute("SELECT count(*), sum(cost_in_billing_currency) FROM billing.costs").fetchone()


measure("dlt", prepare, work, check)
