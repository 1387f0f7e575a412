//! The operator against a real API server and the controllers of Kubernetes, without nodes: tests play the kubelet by
//! patching the status of pods.

mod chart;
mod crash;
mod election;
mod examples;
mod failures;
mod fence;
mod inspection;
mod kubelet;
mod lifecycle;
mod rights;
mod rules;
mod schedule;
mod stage;
mod suspension;

use std::process::ExitCode;

use weir_tests::cluster::{ClusterOptions, Nodes};
use weir_tests::suite::Suite;
use weir_tests::{tools, workspace};

fn main() -> ExitCode {
    Suite::default()
        .scenario("every_rule_accepts_once_and_rejects_once", rules::every_rule_accepts_once_and_rejects_once)
        .scenario(
            "quantities_are_written_as_people_write_them",
            rules::quantities_are_written_as_people_write_them,
        )
        .scenario(
            "what_to_compact_is_written_as_the_command_line_reads_it",
            rules::what_to_compact_is_written_as_the_command_line_reads_it,
        )
        .scenario("every_field_is_explained", rules::every_field_is_explained)
        .scenario("every_example_is_accepted", examples::every_example_is_accepted)
        .scenario("a_schedule_leads_to_a_result", schedule::a_schedule_leads_to_a_result)
        .scenario("history_keeps_what_its_limits_say", schedule::history_keeps_what_its_limits_say)
        .scenario("a_failed_run_spaces_out_its_schedule", schedule::a_failed_run_spaces_out_its_schedule)
        .scenario("every_exit_code_has_its_reason", failures::every_exit_code_has_its_reason)
        .scenario("a_retriable_failure_is_tried_again", failures::a_retriable_failure_is_tried_again)
        .scenario("a_pod_that_cannot_start_fails_its_run", failures::a_pod_that_cannot_start_fails_its_run)
        .scenario("a_job_the_server_refuses_fails_its_run", failures::a_job_the_server_refuses_fails_its_run)
        .scenario("runs_of_one_kind_go_one_after_the_other", fence::runs_of_one_kind_go_one_after_the_other)
        .scenario("a_deleted_run_frees_its_place", fence::a_deleted_run_frees_its_place)
        .scenario(
            "a_place_that_was_given_up_meanwhile_is_not_taken_for_held",
            fence::a_place_that_was_given_up_meanwhile_is_not_taken_for_held,
        )
        .scenario("no_more_jobs_than_allowed_are_active", fence::no_more_jobs_than_allowed_are_active)
        .scenario("a_suspended_run_stops_and_starts_anew", suspension::a_suspended_run_stops_and_starts_anew)
        .scenario("a_suspended_table_starts_nothing", suspension::a_suspended_table_starts_nothing)
        .scenario("an_unusable_table_says_why", inspection::an_unusable_table_says_why)
        .scenario("a_changed_store_is_inspected_anew", inspection::a_changed_store_is_inspected_anew)
        .scenario(
            "the_older_of_two_tables_on_one_location_acts",
            inspection::the_older_of_two_tables_on_one_location_acts,
        )
        .scenario(
            "a_run_survives_a_restart_of_the_operator",
            lifecycle::a_run_survives_a_restart_of_the_operator,
        )
        .scenario(
            "a_run_deletes_itself_when_its_time_is_over",
            lifecycle::a_run_deletes_itself_when_its_time_is_over,
        )
        .scenario(
            "deleting_a_table_takes_its_objects_along",
            lifecycle::deleting_a_table_takes_its_objects_along,
        )
        .scenario(
            "nothing_is_written_when_nothing_happens",
            lifecycle::nothing_is_written_when_nothing_happens,
        )
        .scenario("an_operator_stops_at_any_time", lifecycle::an_operator_stops_at_any_time)
        .scenario("every_write_may_be_an_operators_last", crash::every_write_may_be_an_operators_last)
        .scenario(
            "the_chart_renders_what_the_server_accepts",
            chart::the_chart_renders_what_the_server_accepts,
        )
        .scenario(
            "a_namespaced_chart_asks_for_no_right_over_the_cluster",
            chart::a_namespaced_chart_asks_for_no_right_over_the_cluster,
        )
        .scenario("wrong_values_are_refused_by_name", chart::wrong_values_are_refused_by_name)
        .scenario("two_operators_share_one_lease", election::two_operators_share_one_lease)
        .scenario(
            "the_chart_grants_exactly_what_the_operator_uses",
            rights::the_chart_grants_exactly_what_the_operator_uses,
        )
        .run(|| {
            tools::helm()?;
            let mut options = ClusterOptions::new("control-plane", Nodes::None);
            options.manifests = vec![workspace::root().join("crds/yaml")];
            Ok(options)
        })
}
