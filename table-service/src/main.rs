//! Command line of the table service.

fn main() {}
