//! Options that the released Java does not know and that change data.
