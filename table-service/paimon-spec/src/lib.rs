//! The Apache Paimon table format as pure data: no I/O.
