//! Builds again when a folder that is embedded in the binary changes: the macro that embeds it sees the files that were
//! there, but not new ones.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=patterns");
}
