//! What the operator and the table-service pod say to each other.
