"""DuckDB's Python package makes a table of the same types out of the files, in a database file."""

import duckdb

from measured import measure


def prepare(given):
    config = {"threads": 2, "preserve_insertion_order": "false"}
    return duckdb.connect(given["directory"] + "/costs.duckdb", config=config), given["statement"]


def work(prepared):
    connection, statement = prepared
    connection.execute(statement)
    connection.execute("CHECKPOINT")


def check(prepared):
    return prepared[0].execute('SELECT count(*), sum("CostInBillingCurrency")::VARCHAR FROM costs').fetchone()


measure("DuckDB", prepare, work, check)
