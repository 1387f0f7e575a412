//! Tables that `weir` refuses.

use weir_contract::{ExitCode, Outcome};
use weir_tests::oracle::fixtures::{Engines, UNSUPPORTED};

use crate::listing::listing;
use crate::place::Place;
use crate::weir::weir;

#[test]
fn a_compaction_refuses_every_unsupported_feature_by_name_and_writes_nothing() {
    let engines = Engines::shared();
    let mut wrong = Vec::new();
    for fixture in UNSUPPORTED {
        let place = Place::new();
        let table = place.table(fixture.name);
        fixture.make(&engines, &table).unwrap();
        let before = listing(&place.path(&table));
        for flags in [["--strategy", "full"].as_slice(), &[], &["--dry-run"]] {
            let run = weir("compact", &table, flags);
            let name = fixture.name;
            if run.exit != ExitCode::Unsupported {
                wrong.push(format!("{name} {flags:?} ended with {:?}: {}", run.exit, run.result.message));
            } else if !run.result.message.contains(fixture.reason) {
                wrong.push(format!(
                    "{name} {flags:?} does not name {}: {}",
                    fixture.reason, run.result.message
                ));
            } else if run.result.outcome != Outcome::Failed {
                wrong.push(format!("{name} {flags:?} says {:?}", run.result.outcome));
            }
            if listing(&place.path(&table)) != before {
                wrong.push(format!("{name} {flags:?} changed the table"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_directory_that_is_no_table_is_not_found() {
    let place = Place::new();
    for verb in ["inspect", "compact", "expire-snapshots"] {
        let run = weir(verb, &place.table("nothing"), &[]);
        assert_eq!(run.exit, ExitCode::Unsupported, "{verb}: {}", run.result.message);
        assert!(run.result.message.contains("nothing"), "{verb} names the table: {}", run.result.message);
    }
}
