use std::collections::BTreeMap;

use proptest::prelude::*;
use weir_contract::{
    CompactParameters, CompactionStrategy, InspectParameters, Invocation, MaintainParameters,
    MaintenanceStep, Operation, PartitionFilter, RunIdentity, Service, TableOwner,
};

use super::*;
use crate::byte_size::ByteSize;

/// What the command line understood, as the operator would have asked for it.
fn understood(args: Vec<String>) -> Invocation {
    let cli = Cli::try_parse_from(std::iter::once("weir".to_owned()).chain(args)).unwrap();
    let operation = match &cli.verb {
        Verb::Inspect(args) => Operation::Inspect(InspectParameters {
            services: args
                .services
                .iter()
                .map(|service| match service {
                    ServiceArg::Compact => Service::Compact,
                    ServiceArg::ExpireSnapshots => Service::ExpireSnapshots,
                })
                .collect(),
        }),
        Verb::Compact(args) => Operation::Compact(CompactParameters {
            strategy: match args.strategy {
                StrategyArg::Auto => CompactionStrategy::Auto,
                StrategyArg::Minor => CompactionStrategy::Minor,
                StrategyArg::Full => CompactionStrategy::Full,
            },
            partitions: args.partitions.clone(),
            condition: args.condition.as_ref().map(ToString::to_string),
            buckets: args.buckets.as_ref().map(ToString::to_string),
            partition_idle_time: args.partition_idle_time.map(|time| format!("{}s", time.as_secs())),
            max_input_bytes: args.max_input_bytes.map(|size| size.bytes().to_string()),
            verify: args.verify,
        }),
        Verb::Maintain(args) => Operation::Maintain(MaintainParameters {
            include: MaintenanceStep::ALL
                .into_iter()
                .filter(|step| args.include.iter().any(|included| included.as_str() == step.as_str()))
                .collect(),
            consumers_idle_for: args.consumers_idle_for.map(|time| format!("{}s", time.as_secs())),
            time_zone: args.time_zone.as_ref().and_then(|zone| zone.iana_name()).map(str::to_owned),
            retain_min: args.retention.retain_min,
            retain_max: args.retention.retain_max,
            older_than: args.retention.older_than.map(|instant| instant.0.to_string()),
            max_deletes: args.max_deletes,
        }),
        other => panic!("the operator does not ask for {}", other.kind().verb()),
    };
    let common = cli.verb.common();
    let owner = common.owner.owner.clone().map(|owner| (owner, common.owner.take_over));
    assert_eq!(common.pod.contract_version.is_some(), common.pod.run.is_some());
    Invocation {
        operation,
        location: common.location.clone(),
        dry_run: common.dry_run,
        options: common.options.iter().cloned().collect(),
        run: common
            .pod
            .run
            .clone()
            .zip(common.pod.run_uid.clone())
            .map(|(name, uid)| RunIdentity { name, uid }),
        owner: owner.map(|(owner, take_over)| TableOwner {
            namespace: owner.namespace,
            name: owner.name,
            uid: owner.uid,
            take_over,
        }),
    }
}

fn operations() -> impl Strategy<Value = Operation> {
    let inspect =
        prop::collection::vec(prop_oneof![Just(Service::Compact), Just(Service::ExpireSnapshots)], 0..3)
            .prop_map(|services| Operation::Inspect(InspectParameters { services }));
    let partition = prop::collection::btree_map("[a-z_]{1,8}", "[^,]{0,12}", 1..3).prop_map(PartitionFilter);
    let strategy = prop_oneof![
        Just(CompactionStrategy::Auto),
        Just(CompactionStrategy::Minor),
        Just(CompactionStrategy::Full)
    ];
    let partitions = prop::collection::vec(partition, 1..3).prop_map(|partitions| (partitions, None));
    let condition = "[a-z]{4} = '[^'`]{0,12}'( AND hour IN \\(1, 2\\))?";
    let which = prop_oneof![
        Just((Vec::new(), None)),
        partitions,
        condition.prop_map(|condition| (Vec::new(), Some(condition))),
    ];
    let buckets = prop::option::of("[1-9][0-9]?(,[1-9]-[1-9][0-9])?");
    let limits =
        (prop::option::of((0..u32::MAX).prop_map(|s| format!("{s}s"))), prop::option::of("[1-9][0-9]{0,14}"));
    let compact = (strategy, which, buckets, limits, any::<bool>()).prop_map(
        |(strategy, (partitions, condition), buckets, (partition_idle_time, max_input_bytes), verify)| {
            Operation::Compact(CompactParameters {
                strategy,
                partitions,
                condition,
                buckets,
                partition_idle_time,
                max_input_bytes,
                verify,
            })
        },
    );
    let number = || prop::option::of(any::<u32>());
    let older_than = prop::option::of(Just("2026-11-20T00:00:00Z".to_owned()));
    let steps = prop::sample::subsequence(MaintenanceStep::ALL.to_vec(), 0..=5);
    let idle = prop::option::of((1..100_000u32).prop_map(|seconds| format!("{seconds}s")));
    let zone = prop::option::of(Just("Europe/Berlin".to_owned()));
    let maintain = ((number(), number(), number()), older_than, steps, idle, zone).prop_map(
        |((retain_min, retain_max, max_deletes), older_than, include, consumers_idle_for, time_zone)| {
            Operation::Maintain(MaintainParameters {
                include,
                retain_min,
                retain_max,
                older_than,
                max_deletes,
                consumers_idle_for,
                time_zone,
            })
        },
    );
    prop_oneof![inspect, compact, maintain]
}

proptest! {
    #[test]
    fn the_command_line_understands_every_invocation_of_the_operator(
        operation in operations(),
        options in prop::collection::btree_map("[a-z.-]{1,12}", ".{0,12}", 0..3),
        dry_run in any::<bool>(),
        in_pod in any::<bool>(),
        owned in any::<bool>(),
        take_over in any::<bool>(),
    ) {
        let run = in_pod.then(|| RunIdentity { name: "sales/orders-1".into(), uid: "0b1c-22".into() });
        let owner = (operation.deletes_files() && owned).then(|| TableOwner {
            namespace: "sales".into(),
            name: "orders".into(),
            uid: "0b1c-11".into(),
            take_over,
        });
        let asked = Invocation { operation, location: "s3://lake/t".into(), dry_run, options, run, owner };
        prop_assert_eq!(understood(asked.args()), asked);
    }
}

#[test]
fn an_unknown_contract_version_is_a_usage_error() {
    let args = ["weir", "inspect", "/t", "--contract-version=99"];
    assert!(Cli::try_parse_from(args).unwrap_err().to_string().contains("speaks version 1"));
}

#[test]
fn what_to_compact_is_checked_before_the_table_is_opened() {
    let said = |flags: &[&str]| {
        let words = ["weir", "compact", "/t"].iter().chain(flags);
        Cli::try_parse_from(words).unwrap_err().to_string()
    };
    assert!(said(&["--where", "dt = "]).contains("found the end at character 6 of `dt = `"));
    assert!(said(&["--where", "dt = 'x'", "--partition", "dt=x"]).contains("cannot be used with"));
    assert!(said(&["--buckets", "5-2"]).contains("5 comes after 2"));
    assert!(said(&["--shard", "4/4"]).contains("there is no shard 4 of 4"));
    assert!(said(&["--shard", "1"]).contains("write it as I/N"));
    assert!(said(&["--max-input-bytes", "10 apples"]).contains("is no number of bytes"));
    assert!(said(&["--partition-idle-time", "1mo"]).contains("differ in length"));
}

#[test]
fn durations_and_quantities_are_read_as_kubernetes_writes_them() {
    let words =
        ["weir", "compact", "/t", "--partition-idle-time=1h30m", "--max-input-bytes=1.5Gi", "--shard=2/3"];
    let Verb::Compact(args) = Cli::try_parse_from(words).unwrap().verb else { panic!("another verb") };
    assert_eq!(args.partition_idle_time.map(|time| time.as_secs()), Some(5400));
    assert_eq!(args.max_input_bytes.map(ByteSize::bytes), Some(1_610_612_736));
    assert_eq!(args.shard.map(|shard| shard.index), Some(2));
}

#[test]
fn an_option_needs_a_key_and_a_value() {
    assert!(Cli::try_parse_from(["weir", "compact", "/t", "--option", "write-only"]).is_err());
    let cli = Cli::try_parse_from(["weir", "compact", "/t", "--option", "a=b=c"]).unwrap();
    assert_eq!(cli.verb.common().options, [("a".to_owned(), "b=c".to_owned())]);
}

#[test]
fn defaults_leave_everything_to_the_table() {
    let asked = Invocation {
        operation: Operation::Maintain(MaintainParameters::default()),
        location: "/t".into(),
        dry_run: false,
        options: BTreeMap::new(),
        run: None,
        owner: None,
    };
    assert_eq!(asked.args(), ["maintain", "/t"]);
    assert_eq!(understood(asked.args()), asked);
}

#[test]
fn a_rollback_goes_to_one_target() {
    let parse = |flags: &[&str]| Cli::try_parse_from([&["weir", "rollback-to", "/table"], flags].concat());
    for flags in
        [&["--snapshot=7"][..], &["--tag=v1"], &["--timestamp=24h"], &["--tag=v1", "--writers-stopped"]]
    {
        assert!(parse(flags).is_ok(), "{flags:?}");
    }
    for flags in
        [&[][..], &["--writers-stopped"], &["--snapshot=7", "--tag=v1"], &["--snapshot=0"], &["--snapshot=x"]]
    {
        assert!(parse(flags).is_err(), "{flags:?}");
    }
}

#[test]
fn a_time_zone_is_a_name_or_an_offset() {
    let parse = |zone: &str| {
        Cli::try_parse_from(["weir", "expire-partitions", "/table", &format!("--time-zone={zone}")])
    };
    for zone in ["UTC", "Europe/Berlin", "+08:00", "-03:30"] {
        assert!(parse(zone).is_ok(), "{zone}");
    }
    for zone in ["", "Nowhere/Town", "8"] {
        assert!(parse(zone).is_err(), "{zone}");
    }
}
