//! `reveille schema`: the configuration language as a JSON Schema, for editors.

use clap::Args;

use crate::command::Failure;
use crate::configuration::{SchemaOf, schema};
use crate::output;

/// What `reveille schema` takes.
#[derive(Debug, Args)]
pub struct Schema {
    /// For a file of a folder, in which sections may stand in other files
    #[arg(long)]
    part: bool,
}

impl Schema {
    /// Prints the schema.
    pub fn run(&self) -> Result<(), Failure> {
        let of = if self.part { SchemaOf::FileOfAFolder } else { SchemaOf::File };
        Ok(output::line(serde_json::to_string_pretty(&schema(of))?)?)
    }
}
