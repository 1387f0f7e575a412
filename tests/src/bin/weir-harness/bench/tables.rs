//! The tables of the workloads.

use weir_tests::oracle::{Generator, Load, TableDefinition};

use super::table::Recipe;

/// Seeds tell the commits of a table apart.
fn commits(count: u64, rows: u64, load: impl Fn(u64) -> Load) -> Vec<(u64, Load)> {
    (1..=count).map(|seed| (rows, load(seed))).collect()
}

/// Two int, two double, decimal(18,2), timestamp(3), 20 random characters and a string of 10,000 values.
fn ten_columns() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("quantity", "INT")
        .column("status", "INT")
        .column("price", "DOUBLE")
        .column("weight", "DOUBLE")
        .column("amount", "DECIMAL(18, 2)")
        .column("at", "TIMESTAMP(3)")
        .column("token", "STRING")
        .column("category", "STRING")
        .write_only()
}

fn ten_columns_load(seed: u64, keys: u32) -> Load {
    Load::seeded(seed)
        .column("id", Generator::Unique(keys))
        .column("token", Generator::Characters(20))
        .column("category", Generator::Distinct(10_000))
}

/// 10 level-0 runs of a million rows, keys random in seven millions.
pub(crate) fn w1() -> Recipe {
    let definition = ten_columns().primary_key(["id"]).option("bucket", "1");
    let commits = commits(10, 1_000_000, |seed| ten_columns_load(seed, 7_000_000));
    Recipe { name: "w1", definition, commits }
}

/// A table of one bucket for very many small commits.
pub(crate) fn restless() -> TableDefinition {
    TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only()
}

/// 5 level-0 runs of about 60 kB.
pub(crate) fn small() -> Recipe {
    let definition = ten_columns().primary_key(["id"]).option("bucket", "1");
    let commits = commits(5, 1_150, |seed| ten_columns_load(seed, 5_000));
    Recipe { name: "small", definition, commits }
}

/// Buckets of [`small_buckets`].
pub(crate) const SMALL_BUCKETS: u32 = 100;

/// 5 level-0 runs of about 60 kB in each of many buckets.
pub(crate) fn small_buckets() -> Recipe {
    let definition = ten_columns().primary_key(["id"]).option("bucket", &SMALL_BUCKETS.to_string());
    let commits =
        commits(5, 1_150 * u64::from(SMALL_BUCKETS), |seed| ten_columns_load(seed, 5_000 * SMALL_BUCKETS));
    Recipe { name: "small-buckets", definition, commits }
}

/// An append table without buckets: 200 files of 50,000 rows.
pub(crate) fn small_appends() -> Recipe {
    let commits = commits(200, 50_000, |seed| ten_columns_load(seed, 10_000_000));
    Recipe { name: "small-appends", definition: ten_columns(), commits }
}

/// An append table without buckets: 8 files of 1,250,000 rows, each one large row group.
pub(crate) fn large_appends() -> Recipe {
    let definition = ten_columns().option("file.block-size", "1 gb");
    let commits = commits(8, 1_250_000, |seed| ten_columns_load(seed, 10_000_000));
    Recipe { name: "large-appends", definition, commits }
}

/// A key and columns of many types, of which some are few-valued.
fn wide(columns: usize) -> (TableDefinition, Vec<(&'static str, Generator)>) {
    const TYPES: [&str; 6] = ["INT", "BIGINT", "DOUBLE", "STRING", "DECIMAL(12, 2)", "TIMESTAMP(3)"];
    let mut definition = TableDefinition::new().column("id", "BIGINT NOT NULL");
    let mut generators = Vec::new();
    for (column, data_type) in (1..columns).zip(TYPES.into_iter().cycle()) {
        // The names of generators live as long as the program, and there are few of them.
        let name: &'static str = format!("column_{column}").leak();
        definition = definition.column(name, data_type);
        let values = [10, 100, 1_000, 100_000][column % 4];
        generators.push((name, Generator::Distinct(values)));
    }
    (definition.primary_key(["id"]).option("bucket", "1").write_only(), generators)
}

fn wide_load(seed: u64, keys: u32, generators: &[(&'static str, Generator)]) -> Load {
    let load = Load::seeded(seed).column("id", Generator::Unique(keys));
    generators.iter().fold(load, |load, (name, generator)| load.column(name, *generator))
}

/// 4 level-0 runs of 500,000 rows of 100 columns.
pub(crate) fn hundred_columns() -> Recipe {
    let (definition, generators) = wide(100);
    let commits = commits(4, 500_000, |seed| wide_load(seed, 1_000_000, &generators));
    // One run for each commit: the writer's buffer holds all of its rows.
    Recipe { name: "100-columns", definition: definition.option("write-buffer-size", "1 gb"), commits }
}

/// 64 level-0 runs of 20,000 rows of 200 columns.
pub(crate) fn many_wide_runs() -> Recipe {
    let (definition, generators) = wide(200);
    let commits = commits(64, 20_000, |seed| wide_load(seed, 500_000, &generators));
    Recipe { name: "64-runs", definition, commits }
}

/// A table of metadata only: 10,000 buckets.
pub(crate) fn many_buckets() -> TableDefinition {
    ten_columns().primary_key(["id"]).option("bucket", "10000")
}
