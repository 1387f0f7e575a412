//! Maintenance services for Apache Paimon tables.
