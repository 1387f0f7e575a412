//! Names of tags.

use jiff::tz::TimeZone;

use super::rule::Rule;
use crate::table::References;
use crate::{Error, ErrorKind, Result, Table};

/// Fails unless a tag can have this name: it is one part of a path.
pub(super) fn check(name: &str) -> Result<()> {
    let is_name = !name.trim().is_empty()
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control)
        // What engines take for a tag of this name is the directory of success files.
        && name != "success-file";
    if is_name {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, format!("'{name}' cannot be the name of a tag; choose another")))
}

/// Fails when a snapshot would get a second automatic tag: Java's writers stop at that with an error.
pub(super) fn check_only_automatic(
    table: &Table,
    references: &References,
    name: &str,
    snapshot: i64,
) -> Result<()> {
    let Some(rule) = Rule::of(table.options(), &TimeZone::UTC, None)? else { return Ok(()) };
    let named = |name: &str| !rule.automatic([(name, snapshot)].into_iter()).is_empty();
    if !named(name) {
        return Ok(());
    }
    let other = references
        .tags
        .iter()
        .find(|(tag, content)| tag != name && content.snapshot.id == snapshot && named(tag));
    match other {
        None => Ok(()),
        Some((other, _)) => Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "snapshot {snapshot} of {} has the automatic tag {other} already, and with {name} it would have two, at which Java's writers fail; choose a name that does not look automatic",
                table.location()
            ),
        )),
    }
}
