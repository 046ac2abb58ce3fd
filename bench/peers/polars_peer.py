"""Polars writes the files as one Parquet file, with types given; its streaming engine needs no second pass."""

import polars as pl

from measured import measure


def prepare(given):
    types = {"decimal": pl.Decimal(38, 28)}
    columns = {column["name"]: column["type"] for column in given["columns"]}
    schema = {name: types.get(kind, pl.String) for name, kind in columns.items()}
    dates = [name for name, kind in columns.items() if kind == "date"]
    return given["files"], schema, dates, given["directory"] + "/costs.parquet"


def work(prepared):
    files, schema, dates, target = prepared
    read = pl.scan_csv(files, schema=schema)
    read.with_columns(pl.col(dates).str.to_date("%m/%d/%Y")).sink_parquet(target)


def check(prepared):
    return pl.scan_parquet(prepared[3]).select(pl.len(), pl.col("CostInBillingCurrency").sum()).collect().row(0)


measure("Polars", prepare, work, check)
