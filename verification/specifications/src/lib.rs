//! Sequential specifications of shared objects: what each operation may answer, and what it leaves behind.
