//! Random histories: whatever happens to a table, its tags keep their rows, and nothing that nobody needs stays.

use std::hash::{DefaultHasher, Hash, Hasher};

use weir_paimon::tags::{RenameTag, RenameTagOutcome, RenameTagReport};

use super::*;

const HISTORIES: u64 = 12;
const STEPS: u64 = 16;

/// A number below `count` that depends on nothing but the others.
fn pick(seed: u64, step: u64, what: &str, count: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    (seed, step, what).hash(&mut hasher);
    usize::try_from(hasher.finish() % u64::try_from(count).unwrap()).unwrap()
}

#[tokio::test]
async fn tags_keep_their_rows_whatever_happens() {
    for seed in 0..HISTORIES {
        let mut table = TestTable::with_history().await;
        // Of each tag, the rows that it had when it was made.
        let mut expected = BTreeMap::<String, BTreeMap<i64, i32>>::new();
        for step in 0..STEPS {
            let done = change(&mut table, seed, step, &mut expected).await;
            let context = format!("history {seed}, step {step}: {done}");
            let found: BTreeMap<String, BTreeMap<i64, i32>> = table
                .all_versions()
                .await
                .into_iter()
                .filter_map(|(name, rows)| Some((name.strip_prefix("tag ")?.to_owned(), rows)))
                .collect();
            assert_eq!(found, expected, "{context}");
            assert_eq!(table.files().await, table.reachable_and_hints().await, "{context}");
        }
    }
}

/// Does something to the table; tells what.
async fn change(
    table: &mut TestTable,
    seed: u64,
    step: u64,
    expected: &mut BTreeMap<String, BTreeMap<i64, i32>>,
) -> String {
    let names: Vec<String> = expected.keys().cloned().collect();
    let some_tag = || names.get(pick(seed, step, "tag", names.len().max(1))).cloned();
    match (pick(seed, step, "change", 7), some_tag()) {
        (0 | 1, _) => {
            let ids = table.open().await.snapshot_ids().await.unwrap();
            let id = ids[pick(seed, step, "snapshot", ids.len())];
            let name = format!("t{step}");
            let made = create(&table.storage(), &name, TagSource::Snapshot(id)).await;
            assert_eq!(made.unwrap(), CreateTagOutcome::Created);
            expected.insert(name.clone(), table.all_versions().await[&format!("snapshot {id}")].clone());
            format!("tag {name} of snapshot {id}")
        }
        (2, Some(tag)) => {
            assert_eq!(delete(&table.storage(), &[&tag]).await.0.unwrap(), DeleteTagsOutcome::Deleted);
            expected.remove(&tag);
            format!("deletion of {tag}")
        }
        (3, Some(tag)) => {
            let request = RenameTag { name: tag.clone(), target: format!("{tag}r"), ..RenameTag::default() };
            let outcome = request.run(&table.storage(), &mut RenameTagReport::default()).await;
            assert_eq!(outcome.unwrap(), RenameTagOutcome::Renamed);
            let rows = expected.remove(&tag).unwrap();
            expected.insert(format!("{tag}r"), rows);
            format!("renaming of {tag}")
        }
        (4, _) => {
            compact(table).await;
            "compaction".to_owned()
        }
        (5, _) => {
            let keep = u32::try_from(pick(seed, step, "keep", 4) + 1).unwrap();
            let request = ExpireSnapshots {
                retain_min: Some(keep),
                retain_max: Some(keep),
                ..ExpireSnapshots::default()
            };
            let outcome = request.run(&table.storage(), &Control::new(), &mut ExpireReport::default()).await;
            format!("expiry but for {keep}: {:?}", outcome.unwrap())
        }
        _ => {
            let first = i64::try_from(pick(seed, step, "row", 20)).unwrap();
            let value = i32::try_from(step).unwrap();
            let rows: Vec<(i64, Option<i32>)> =
                (first..first + 6).map(|id| (id, (id % 4 != 0).then_some(value))).collect();
            table.append(&rows).await;
            "append".to_owned()
        }
    }
}
