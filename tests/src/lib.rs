//! Harness and scenarios: a real cluster, a real S3 server, real tables.

pub mod cache;
pub mod cluster;
pub mod image;
pub mod oracle;
pub mod process;
pub mod product;
pub mod s3;
pub mod suite;
pub mod tools;
pub mod workspace;
