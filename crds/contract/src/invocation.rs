use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One call of `weir`: a verb, a table and what to do with it.
///
/// The operator renders it with [`Invocation::args`], the command line parses the same words back; a test holds
/// the two together. Unset parameters fall back to the table's own options, then to Paimon's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// The verb and its parameters.
    pub operation: Operation,
    /// URI of the table's root directory.
    pub location: String,
    /// Print the plan and change nothing.
    pub dry_run: bool,
    /// Table options that this run overrides (`--option key=value`).
    pub options: BTreeMap<String, String>,
    /// The run that asks, when it is a Kubernetes object.
    pub run: Option<RunIdentity>,
    /// The Table object that maintains the table; runs that delete refuse a table that another one maintains.
    #[serde(default)]
    pub owner: Option<TableOwner>,
}

/// A Table object of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableOwner {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, which tells objects of one name in several clusters apart.
    pub uid: String,
    /// Take the table over from another one that maintained it.
    #[serde(default)]
    pub take_over: bool,
}

impl std::fmt::Display for TableOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.name, self.uid)
    }
}

/// The Kubernetes object on whose behalf a pod works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunIdentity {
    /// `namespace/name`.
    pub name: String,
    /// UID of the run object; the commit user of everything it commits.
    pub uid: String,
}

/// A verb of `weir` with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// `weir inspect`.
    Inspect(InspectParameters),
    /// `weir compact`.
    Compact(CompactParameters),
    /// `weir maintain`.
    Maintain(MaintainParameters),
}

impl Operation {
    /// Whether it deletes files of the table, for which it must say who maintains the table.
    pub const fn deletes_files(&self) -> bool {
        matches!(self, Self::Maintain(_))
    }
}

/// What an inspection has to find out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectParameters {
    /// Services that the table is meant for (`--service`): the inspection fails with `UnsupportedTable` when one of
    /// them would refuse it. Others are only reported.
    pub services: Vec<Service>,
}

/// A service that changes a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// `weir compact`.
    Compact,
    /// `weir expire-snapshots`.
    ExpireSnapshots,
}

impl Service {
    /// The verb of the command line, which is also the value of `--service`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::ExpireSnapshots => "expire-snapshots",
        }
    }
}

/// What to compact, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompactParameters {
    /// How files are picked.
    pub strategy: CompactionStrategy,
    /// Only these partitions; empty means all. Not together with `condition`.
    pub partitions: Vec<PartitionFilter>,
    /// Only partitions of which this condition is true (`--where`).
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Only buckets with these numbers: `0-99,120`.
    pub buckets: Option<String>,
    /// Only partitions whose newest file is at least this old, as a duration (`24h`).
    pub partition_idle_time: Option<String>,
    /// Most bytes to rewrite, as a Kubernetes quantity (`10Gi`).
    pub max_input_bytes: Option<String>,
    /// Compare outputs, row for row, with an independent merge of the inputs before they are committed (`--verify`).
    pub verify: bool,
}

/// How the files to compact are picked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum CompactionStrategy {
    /// What the table needs: universal compaction with its options, as Paimon's writers decide.
    #[default]
    Auto,
    /// Universal compaction, as Paimon's dedicated job does with `--compact_strategy minor`.
    Minor,
    /// Everything into the highest level.
    Full,
}

impl CompactionStrategy {
    /// The value of `--strategy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Minor => "minor",
            Self::Full => "full",
        }
    }
}

/// Partitions whose columns have these values (`dt=2026-11-20,region=eu`); columns that are not named are free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionFilter(pub BTreeMap<String, String>);

impl std::fmt::Display for PartitionFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (key, value)) in self.0.iter().enumerate() {
            write!(f, "{}{key}={value}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl std::str::FromStr for PartitionFilter {
    type Err = String;

    /// Parses `key=value[,key=value…]`. A value may contain `=` but no comma.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut filter = BTreeMap::new();
        for pair in text.split(',') {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` is not of the form column=value"))?;
            if key.is_empty() {
                return Err(format!("`{pair}` names no column"));
            }
            if filter.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(format!("column `{key}` is given twice"));
            }
        }
        Ok(Self(filter))
    }
}

/// What to do beside compaction, and which snapshots to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintainParameters {
    /// The steps to take; empty means those that the table's options ask for.
    pub include: Vec<MaintenanceStep>,
    /// Keep at least this many snapshots.
    pub retain_min: Option<u32>,
    /// Keep at most this many snapshots, however young.
    pub retain_max: Option<u32>,
    /// Expire only snapshots that are older: a duration back from now (`24h`) or an RFC 3339 instant.
    pub older_than: Option<String>,
    /// Expire at most this many snapshots in one run.
    pub max_deletes: Option<u32>,
    /// Remove consumers that have been silent for this long, as a duration (`72h`).
    pub consumers_idle_for: Option<String>,
    /// Zone of the times in partitions, as the time zone database names it.
    pub time_zone: Option<String>,
}

/// A part of the maintenance of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum MaintenanceStep {
    /// Automatic tags that are due are made, and tags whose time is over are deleted.
    Tags,
    /// Partitions that are older than `partition.expiration-time` are dropped.
    Partitions,
    /// Consumers whose readers have been silent for long are removed.
    Consumers,
    /// Old snapshots are removed.
    Snapshots,
    /// Old changelogs that outlived their snapshots are removed.
    Changelogs,
}

impl MaintenanceStep {
    /// All steps, in the order in which they are taken.
    pub const ALL: [Self; 5] =
        [Self::Tags, Self::Partitions, Self::Consumers, Self::Snapshots, Self::Changelogs];

    /// The value of `--include`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Partitions => "partitions",
            Self::Consumers => "consumers",
            Self::Snapshots => "snapshots",
            Self::Changelogs => "changelogs",
        }
    }
}

impl Invocation {
    /// The arguments of `weir` that ask for this, without the program's name.
    ///
    /// Only set parameters appear. The text is literal: a caller that hands it to Kubernetes must escape `$`.
    pub fn args(&self) -> Vec<String> {
        let mut args = vec![self.verb().to_owned(), self.location.clone()];
        let mut flag = |name: &str, value: String| args.push(format!("--{name}={value}"));
        match &self.operation {
            Operation::Inspect(parameters) => {
                for service in &parameters.services {
                    flag("service", service.as_str().to_owned());
                }
            }
            Operation::Compact(parameters) => {
                if parameters.strategy != CompactionStrategy::default() {
                    flag("strategy", parameters.strategy.as_str().to_owned());
                }
                for partition in &parameters.partitions {
                    flag("partition", partition.to_string());
                }
                let texts = [
                    ("where", &parameters.condition),
                    ("buckets", &parameters.buckets),
                    ("partition-idle-time", &parameters.partition_idle_time),
                    ("max-input-bytes", &parameters.max_input_bytes),
                ];
                for (name, value) in texts {
                    if let Some(value) = value {
                        flag(name, value.clone());
                    }
                }
            }
            Operation::Maintain(parameters) => {
                for step in &parameters.include {
                    flag("include", step.as_str().to_owned());
                }
                let numbers = [
                    ("retain-min", parameters.retain_min),
                    ("retain-max", parameters.retain_max),
                    ("max-deletes", parameters.max_deletes),
                ];
                for (name, value) in numbers {
                    if let Some(value) = value {
                        flag(name, value.to_string());
                    }
                }
                let texts = [
                    ("older-than", &parameters.older_than),
                    ("consumers-idle-for", &parameters.consumers_idle_for),
                    ("time-zone", &parameters.time_zone),
                ];
                for (name, value) in texts {
                    if let Some(value) = value {
                        flag(name, value.clone());
                    }
                }
            }
        }
        for (key, value) in &self.options {
            flag("option", format!("{key}={value}"));
        }
        if let Some(run) = &self.run {
            flag("run", run.name.clone());
            flag("run-uid", run.uid.clone());
            flag("contract-version", crate::CONTRACT_VERSION.to_string());
            flag("termination-message", crate::TERMINATION_MESSAGE_PATH.to_owned());
        }
        if let Some(owner) = &self.owner {
            flag("owner", owner.to_string());
        }
        if self.owner.as_ref().is_some_and(|owner| owner.take_over) {
            args.push("--take-over".to_owned());
        }
        if matches!(&self.operation, Operation::Compact(parameters) if parameters.verify) {
            args.push("--verify".to_owned());
        }
        if self.dry_run {
            args.push("--dry-run".to_owned());
        }
        args
    }

    /// The verb of the command line.
    pub const fn verb(&self) -> &'static str {
        match self.operation {
            Operation::Inspect(_) => "inspect",
            Operation::Compact(_) => "compact",
            Operation::Maintain(_) => "maintain",
        }
    }
}
