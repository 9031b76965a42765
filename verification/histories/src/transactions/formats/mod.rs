//! The formats in which histories of transactions are written.
