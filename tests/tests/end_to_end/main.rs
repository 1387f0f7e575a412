//! Weir on real pods: the operator as the chart installs it, tables on S3 that other engines wrote and judge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario that cannot go on has failed"
)]

mod by_hand;
mod failures;
mod interruptions;
mod lake;
mod objects;
mod schedules;

use std::process::ExitCode;

use weir_tests::cluster::{ClusterOptions, Nodes};
use weir_tests::suite::Suite;
use weir_tests::{oracle, workspace};

fn main() -> ExitCode {
    Suite::default()
        .with_operator()
        .scenario("schedules_compact_and_expire_a_table", schedules::compact_and_expire)
        .scenario("a_suspended_table_rests", schedules::a_suspended_table_rests)
        .scenario("runs_by_hand_compact_and_expire_a_table", by_hand::compact_and_expire)
        .scenario("a_dry_run_changes_nothing", by_hand::a_dry_run_changes_nothing)
        .scenario("a_live_writer_loses_nothing", by_hand::a_live_writer_loses_nothing)
        .scenario("deleting_a_table_leaves_its_data", by_hand::deleting_a_table_leaves_its_data)
        .scenario("a_wrong_secret_is_named", failures::a_wrong_secret)
        .scenario("a_missing_bucket_is_named", failures::a_missing_bucket)
        .scenario("a_missing_table_is_named", failures::a_missing_table)
        .scenario("an_unsupported_table_is_named", failures::an_unsupported_table)
        .scenario("a_killed_pod_is_retried", interruptions::a_killed_pod)
        .scenario("a_restarted_operator_finds_its_runs", interruptions::a_restarted_operator)
        .scenario("a_suspended_run_starts_when_it_is_resumed", interruptions::a_suspended_run)
        .run(|| {
            oracle::java_oracle()?;
            oracle::python_oracle()?;
            let mut options = ClusterOptions::new("end-to-end", Nodes::One);
            options.manifests = vec![workspace::root().join("crds/yaml")];
            Ok(options)
        })
}
