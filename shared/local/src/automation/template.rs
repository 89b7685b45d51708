//! Finds the Automation documents in the text of a CloudFormation template.

use serde_json::Value;

use super::document::{Document, Fault};

/// Why no documents could be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML, or not a template.
    #[error("the template cannot be read: {0}")]
    Unreadable(String),
    /// A document breaks the rules of its schema.
    #[error("the document {document} breaks {} of the schema's rules, the first: {}", faults.len(), faults.first().map_or("", |fault| fault.what.as_str()))]
    Faulty {
        /// Its name.
        document: String,
        /// What is wrong, in the order of the document.
        faults: Vec<Fault>,
    },
}

/// Reads all `AWS::SSM::Document` resources of the type Automation. CloudFormation's tags are passed over: `!Ref X` reads as `X`.
pub fn documents(template: &str) -> Result<Vec<Document>, TemplateError> {
    let template: Value =
        serde_saphyr::from_str(template).map_err(|error| TemplateError::Unreadable(error.to_string()))?;
    let resources =
        template["Resources"].as_object().ok_or_else(|| TemplateError::Unreadable("it has no Resources".to_owned()))?;
    resources
        .values()
        .filter(|resource| resource["Type"] == "AWS::SSM::Document")
        .map(|resource| &resource["Properties"])
        .filter(|properties| properties["DocumentType"] == "Automation")
        .map(|properties| {
            let name = properties["Name"].as_str().unwrap_or_default();
            Document::parse(name, &properties["Content"])
                .map_err(|faults| TemplateError::Faulty { document: name.to_owned(), faults })
        })
        .collect()
}
