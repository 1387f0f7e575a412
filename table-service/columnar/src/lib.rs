//! Format-neutral columnar rewrite engine: sorted runs of Parquet in, merged Parquet out.
