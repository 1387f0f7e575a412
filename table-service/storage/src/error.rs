use object_store::Error as StoreError;

/// Result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about a storage error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The object does not exist.
    NotFound,
    /// The store refuses the credentials, or the credentials lack a right.
    Denied,
    /// The location or its configuration can never work.
    Invalid,
    /// The store could not be reached, kept failing, or has no such bucket. Another attempt may succeed.
    Unavailable,
    /// The object is not what was recorded of it.
    Damaged,
}

/// A failed storage operation: what was attempted, on which object, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {target}: {cause}")]
pub struct Error {
    kind: ErrorKind,
    operation: &'static str,
    target: String,
    cause: String,
}

impl Error {
    /// An error of `operation` ("read", "list", …) on `target`, a URI without credentials.
    pub fn new(
        kind: ErrorKind,
        operation: &'static str,
        target: impl Into<String>,
        cause: impl Into<String>,
    ) -> Self {
        Self { kind, operation, target: target.into(), cause: cause.into() }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Why it failed, without what was attempted.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    pub(crate) fn from_store(operation: &'static str, target: String, error: &StoreError) -> Self {
        let (kind, cause) = describe(error);
        Self { kind, operation, target, cause }
    }
}

/// Kind and text of a store's error. The response's own text is left out but for its error code: it can carry
/// keys, tokens and signed requests.
fn describe(error: &StoreError) -> (ErrorKind, String) {
    let text = error.to_string();
    let code = error_code(&text);
    let with_code = |cause: &str| match code {
        Some(code) => format!("{cause} ({code})"),
        None => cause.to_owned(),
    };
    match error {
        _ if code == Some("NoSuchBucket") => (ErrorKind::Unavailable, with_code("the bucket does not exist")),
        StoreError::NotFound { .. } => (ErrorKind::NotFound, with_code("it does not exist")),
        StoreError::PermissionDenied { .. } => (
            ErrorKind::Denied,
            with_code(
                "access is denied; check the credentials and that they may list, read, write and delete here",
            ),
        ),
        StoreError::Unauthenticated { .. } => {
            (ErrorKind::Denied, with_code("the store does not accept the credentials; check the keys"))
        }
        StoreError::InvalidPath { .. } => (ErrorKind::Invalid, "the path is not a valid object key".into()),
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => {
            (ErrorKind::Invalid, "the store does not offer this operation".into())
        }
        StoreError::UnknownConfigurationKey { .. } => {
            (ErrorKind::Invalid, "the store's configuration has an unknown key".into())
        }
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => {
            (ErrorKind::Unavailable, with_code("a condition on the object was not met"))
        }
        _ if code.is_some_and(is_credential_error) => {
            (ErrorKind::Denied, with_code("the store does not accept the credentials; check the keys"))
        }
        _ if text.to_ascii_lowercase().contains("permission denied") => {
            (ErrorKind::Denied, "the file system denies access".into())
        }
        _ => (ErrorKind::Unavailable, with_code(failure(&text))),
    }
}

fn is_credential_error(code: &str) -> bool {
    matches!(
        code,
        "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "AccessDenied"
            | "AuthorizationHeaderMalformed"
    )
}

/// The `<Code>` of an S3 error document; letters only, so nothing else can slip through.
fn error_code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphabetic())).then_some(code)
}

/// The nature of a transport failure, in our own words.
fn failure(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    if lower.contains("timed out") || lower.contains("timeout") {
        "the request timed out"
    } else if lower.contains("connect") || lower.contains("dns") || lower.contains("resolve") {
        "the store cannot be reached; check the endpoint and the network"
    } else if lower.contains("certificate") || lower.contains("tls") {
        "the TLS connection failed; check the endpoint's certificate"
    } else if lower.contains("credential") || lower.contains("metadata") {
        "no credentials could be obtained; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or give the pod an identity"
    } else {
        "the store failed to answer the request"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> StoreError {
        StoreError::Generic { store: "S3", source: text.to_owned().into() }
    }

    #[test]
    fn a_response_body_is_never_repeated() {
        let body = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIA123</AWSAccessKeyId><StringToSign>s3cr3t</StringToSign></Error>";
        let error = Error::from_store("read", "s3://lake/t/x".into(), &generic(body));
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(
            error.to_string(),
            "cannot read s3://lake/t/x: the store does not accept the credentials; check the keys (SignatureDoesNotMatch)"
        );
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_object() {
        let source = "<Error><Code>NoSuchBucket</Code></Error>".to_owned().into();
        let error = StoreError::NotFound { path: "t".into(), source };
        assert_eq!(Error::from_store("list", "s3://lake/t".into(), &error).kind(), ErrorKind::Unavailable);
    }
}
