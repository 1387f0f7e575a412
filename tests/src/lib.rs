//! Harness and scenarios: a real cluster, a real S3 server, real tables.

pub mod oracle;
