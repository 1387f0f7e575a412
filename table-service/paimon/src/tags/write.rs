//! Writing a tag, and making sure that it holds.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use weir_paimon_spec::Tag;
use weir_storage::Create;

use super::needs::Needs;
use super::source::Source;
use super::success;
use crate::{Error, ErrorKind, Result, Table};

/// How a tag ended up with its name.
#[derive(Debug)]
#[must_use]
pub(super) enum Written {
    /// It is ours, and everything it keeps is there.
    Created,
    /// A tag of this name was there already.
    Exists(Box<Tag>),
}

/// Writes the tag `name` of a snapshot, with a success file where the table asks for one. A tag whose files may be
/// gone is deleted again: [`ErrorKind::Conflict`] when an expiry was faster, [`ErrorKind::Corrupt`] when the snapshot
/// is still there but not whole.
///
/// An expiry of Weir deletes snapshots first and looks for tags once more before it deletes files. So either the
/// snapshot is gone when it is read again here, or that expiry sees the tag (maintenance §11 #3).
pub(super) async fn write(
    table: &Table,
    name: &str,
    source: &Source,
    retained: Option<Duration>,
    zone: &TimeZone,
) -> Result<Written> {
    let needs = plan(table, source).await?;
    let path = table.main().tag(name);
    match table.storage().create(&path, content(source, retained, zone)?).await? {
        Create::Created => {}
        Create::Exists(found) => {
            let tag = Tag::parse(&found).map_err(|error| error.at(&path))?;
            return Ok(Written::Exists(Box::new(tag)));
        }
        Create::Unclear(error) => {
            return Err(Error::from(error)
                .while_doing(format!("creating the tag {name}, which may or may not exist now; run again")));
        }
    }
    if let Err(error) = check(table, source, &needs).await {
        return Err(take_back(table, name, &path, error).await);
    }
    success::announce(table, name).await.map_err(|error| {
        error.while_doing(format!("writing the success file of the tag {name}, which exists; run again"))
    })?;
    Ok(Written::Created)
}

/// Fails unless the metadata of the source's snapshot can be read, and tells what a tag of it needs.
pub(super) async fn plan(table: &Table, source: &Source) -> Result<Needs> {
    match Needs::of(table, &source.snapshot).await {
        Err(error) if error.is_not_found() && !source.is_there(table).await? => Err(gone(table, source)),
        needs => needs.map_err(|error| {
            error.while_doing(format!("reading what a tag of snapshot {} needs", source.snapshot.id))
        }),
    }
}

/// Fails unless all files that a tag of the source needs exist, and the source still keeps them from being deleted.
pub(super) async fn check(table: &Table, source: &Source, needs: &Needs) -> Result<()> {
    let missing = needs.missing(table).await?;
    if !source.is_there(table).await? {
        return Err(gone(table, source));
    }
    match missing {
        None => Ok(()),
        Some(missing) => Err(Error::corrupt(format!(
            "snapshot {} of {} is not whole: {missing} is gone; an expiry is deleting it, or the table is damaged",
            source.snapshot.id,
            table.location()
        ))),
    }
}

fn gone(table: &Table, source: &Source) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "snapshot {} of {} was deleted while it was being tagged, and its files with it",
            source.snapshot.id,
            table.location()
        ),
    )
}

async fn take_back(table: &Table, name: &str, path: &str, error: Error) -> Error {
    let deleted: Result<Vec<()>, _> = table.storage().delete(&[path.to_owned()]).await.into_iter().collect();
    match deleted {
        Ok(_) => error.while_doing(format!("creating the tag {name}, which was deleted again")),
        Err(deletion) => error.while_doing(format!(
            "creating the tag {name}, which could not be deleted again ({deletion}); delete it with `weir delete-tag`"
        )),
    }
}

/// The tag file. Without retention it is the snapshot file to the byte, which readers of every release understand.
fn content(source: &Source, retained: Option<Duration>, zone: &TimeZone) -> Result<Bytes> {
    if retained.is_none() && source.is_snapshot() {
        return Ok(source.content.clone());
    }
    let now = Timestamp::now().to_zoned(zone.clone()).datetime();
    let tag = Tag::new(source.snapshot.clone(), retained.map(|retained| (now, retained)));
    Ok(tag.to_json()?.into())
}
