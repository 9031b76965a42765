//! `synod-history`: checks recorded histories.

fn main() {}
