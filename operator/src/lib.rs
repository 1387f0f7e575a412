//! The Weir operator: reconciles tables and launches table-service pods.
