use std::time::Duration;

use futures::{StreamExt, stream};
use object_store::path::Path;

use crate::{Error, ErrorKind, Result, Storage};

/// Pauses before deletions that have failed are tried again. A store that is overloaded answers for some keys of a batch
/// only, and its client repeats no more than whole requests.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// Keys that are handed to the store together: what one bulk request carries, so that an answer that stands for all keys of
/// a request is known for what it is.
const BATCH: usize = 1000;

impl Storage {
    /// Deletes objects, in batches where the store can. An object that is already gone counts as deleted.
    /// Answers in the order of `paths`; a failed delete does not keep the others from being tried, and is itself tried
    /// again, and counted ([`crate::Requests::retries`]), where that may help.
    pub async fn delete(&self, paths: &[String]) -> Vec<Result<()>> {
        let mut answers: Vec<Result<()>> = Vec::with_capacity(paths.len());
        let mut keys: Vec<(usize, Path)> = Vec::with_capacity(paths.len());
        for (index, path) in paths.iter().enumerate() {
            answers.push(self.key("delete", path).map(|key| keys.push((index, key))));
        }
        self.delete_keys(paths, &keys, &mut answers).await;
        for pause in PAUSES {
            keys.retain(|(index, _)| {
                answers[*index].as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable)
            });
            if keys.is_empty() {
                break;
            }
            tokio::time::sleep(pause).await;
            self.counters.retried(keys.len());
            self.delete_keys(paths, &keys, &mut answers).await;
        }
        answers
    }

    /// Deletes keys, each with the index of its path and answer.
    async fn delete_keys(&self, paths: &[String], keys: &[(usize, Path)], answers: &mut [Result<()>]) {
        for batch in keys.chunks(BATCH) {
            let asked: Vec<object_store::Result<Path>> =
                batch.iter().map(|(_, key)| Ok(key.clone())).collect();
            let results: Vec<object_store::Result<Path>> =
                self.store().delete_stream(stream::iter(asked).boxed()).collect().await;
            for (position, &(index, _)) in batch.iter().enumerate() {
                answers[index] = self.answer(&paths[index], results.get(position), results.last());
            }
        }
    }

    /// What the store has said about a path; `last` is its last answer: a request that fails as a whole is answered once.
    fn answer(
        &self,
        path: &str,
        result: Option<&object_store::Result<Path>>,
        last: Option<&object_store::Result<Path>>,
    ) -> Result<()> {
        match (result, last) {
            (Some(Ok(_)), _) => Ok(()),
            (Some(Err(error)), _) => match self.error("delete", path, error) {
                error if error.kind() == ErrorKind::NotFound => Ok(()),
                error => Err(error),
            },
            (None, Some(Err(error))) => Err(self.error("delete", path, error)),
            (None, _) => Err(Error::new(
                ErrorKind::Unavailable,
                "delete",
                self.location.uri_of(path),
                "the store did not answer for this object",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn kind_of(
        result: Option<&object_store::Result<Path>>,
        last: &object_store::Result<Path>,
    ) -> Option<ErrorKind> {
        let storage = Storage::open(&"/table".parse().unwrap()).unwrap();
        storage.answer("a", result, Some(last)).err().map(|error| error.kind())
    }

    fn denied() -> object_store::Error {
        object_store::Error::PermissionDenied { path: "a".into(), source: "no".into() }
    }

    fn missing(cause: &str) -> object_store::Error {
        object_store::Error::NotFound { path: "a".into(), source: cause.to_owned().into() }
    }

    #[test]
    fn an_object_that_is_gone_is_deleted() {
        assert_eq!(kind_of(Some(&Err(missing("404"))), &Ok(Path::from("b"))), None);
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_object() {
        let answer = Err(missing("<Error><Code>NoSuchBucket</Code></Error>"));
        assert_eq!(kind_of(Some(&answer), &answer), Some(ErrorKind::Unavailable));
    }

    #[test]
    fn a_request_that_fails_as_a_whole_fails_for_each_of_its_objects() {
        assert_eq!(kind_of(None, &Err(denied())), Some(ErrorKind::Denied));
        assert_eq!(
            kind_of(None, &Err(missing("404"))),
            Some(ErrorKind::NotFound),
            "it is not known to be gone"
        );
        assert_eq!(kind_of(None, &Ok(Path::from("b"))), Some(ErrorKind::Unavailable), "it was not answered");
    }
}
