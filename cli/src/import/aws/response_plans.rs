//! Response plans: the incident's texts, whom they engage, and their runbook.

use std::collections::BTreeMap;

use aws_sdk_ssmincidents::operation::get_response_plan::GetResponsePlanOutput;
use aws_sdk_ssmincidents::types::{
    Action, ChatChannel, DynamicSsmParameterValue, Integration, SsmAutomation, VariableType,
};

use super::{ALLOW, IncidentManager, Names, pages, why};
use crate::import::model::{Imported, ResponsePlan, ResponseStage, Runbook};
use crate::import::names::slug;
use crate::import::note::Notes;

pub(super) async fn read(source: &IncidentManager, names: &Names, imported: &mut Imported) {
    replication(source, &mut imported.notes).await;
    let mut listed = source.incidents.list_response_plans().into_paginator().send();
    let (pages, failed) = pages(async || listed.next().await).await;
    if let Some(why) = failed {
        let done = format!("are missing: ssm-incidents:ListResponsePlans failed: {why}");
        imported.notes.failed("response plans", "list", done, ALLOW);
    }
    for arn in pages.iter().flat_map(|page| page.response_plan_summaries()).map(|plan| plan.arn()) {
        match source.incidents.get_response_plan().arn(arn).send().await {
            Ok(read) => plan(&read, names, imported),
            Err(error) => {
                let name = arn.rsplit('/').next().unwrap_or(arn);
                let done = format!("left out: ssm-incidents:GetResponsePlan failed: {}", why(&error));
                imported.notes.failed(&format!("response plan {name}"), "plan", done, ALLOW);
            }
        }
    }
}

/// Without a replication set nothing else can be there: whoever names the wrong Region is told so.
async fn replication(source: &IncidentManager, notes: &mut Notes) {
    match source.incidents.list_replication_sets().send().await {
        Ok(sets) if sets.replication_set_arns().is_empty() => {
            let done = "there is none: Incident Manager is not set up in this account";
            notes.failed("replication set", "list", done, "check `--profile` and `--region`");
        }
        Ok(_) => {}
        Err(error) => {
            let done = format!("ssm-incidents:ListReplicationSets failed: {}", why(&error));
            notes.decided("replication set", "list", done, "");
        }
    }
}

fn plan(read: &GetResponsePlanOutput, names: &Names, imported: &mut Imported) {
    let name = read.name().to_owned();
    let object = format!("response plan {name}");
    let notes = &mut imported.notes;
    if let Some(alias) = slug(&name).filter(|alias| *alias != name) {
        let done = format!("became `{alias}`: names here are in lower case");
        notes.decided(&object, "name", done, "name it so where an event or a webhook names the plan");
    }
    let mut plan = ResponsePlan { name, ..ResponsePlan::default() };
    if let Some(template) = read.incident_template() {
        plan.title = Some(template.title().to_owned());
        plan.impact = u8::try_from(template.impact()).ok().filter(|impact| (1..=5).contains(impact));
        plan.summary = template.summary().map(str::to_owned);
        plan.dedupe = template.dedupe_string().map(str::to_owned);
        plan.tags = template.incident_tags().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
        let topics = template.notification_targets().len();
        if topics > 0 {
            let done = format!("{topics} SNS topics that are told of the incident were left out");
            notes.no_equivalent(
                &object,
                "notificationTargets",
                done,
                "engage a contact with a webhook, or a chat channel",
            );
        }
    }
    if let Some(ChatChannel::ChatbotSns(topics)) = read.chat_channel() {
        let done = format!("the chat channel ({} SNS topics) was left out", topics.len());
        notes.no_equivalent(&object, "chatChannel", done, "give a contact a channel of type `slack` or `teams`");
    }
    for integration in read.integrations() {
        let what = if let Integration::PagerDutyConfiguration(pagerduty) = integration {
            format!("PagerDuty `{}`", pagerduty.name())
        } else {
            "an integration".to_owned()
        };
        notes.no_equivalent(&object, "integrations", format!("{what} was left out"), "engage the same people here");
    }
    let engage = read.engagements().iter().map(|arn| names.who(arn)).collect();
    let runbooks = read.actions().iter().filter_map(|action| runbook(action, &object, notes)).collect();
    plan.stages.push(ResponseStage { engage, runbooks, ..ResponseStage::default() });
    imported.response_plans.push(plan);
}

fn runbook(action: &Action, object: &str, notes: &mut Notes) -> Option<Runbook> {
    let Action::SsmAutomation(automation) = action else {
        notes.no_equivalent(object, "actions", "an action that is no SSM automation was left out", "");
        return None;
    };
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, values) in automation.parameters().into_iter().flatten() {
        let is_template = values.iter().any(|value| value.contains("{{"));
        if is_template {
            let done = format!("parameter {name} was left out: it holds `{{{{`, which begins a template here");
            notes.no_equivalent(object, "parameters", done, "write it by hand");
        } else {
            parameters.insert(name.clone(), values.clone());
        }
    }
    dynamic(automation, &mut parameters, object, notes);
    let done = format!("the role of the response plan ({}) is not used", automation.role_arn());
    notes.decided(
        object,
        "roleArn",
        done,
        "allow the stack's function `runbook` to start the document (docs/OPERATING.md)",
    );
    if let Some(version) = automation.document_version().filter(|version| !version.is_empty()) {
        let done = format!("version {version} of the document is not kept: the default version is started");
        notes.no_equivalent(object, "documentVersion", done, "make that version the default one");
    }
    if let Some(account) = automation.target_account().filter(|account| account.as_str() == "IMPACTED_ACCOUNT") {
        let done = format!("{account} is not done: the document is started in the account of the stack");
        notes.no_equivalent(object, "targetAccount", done, "");
    }
    Some(Runbook { document: automation.document_name().to_owned(), parameters })
}

fn dynamic(
    automation: &SsmAutomation,
    parameters: &mut BTreeMap<String, Vec<String>>,
    object: &str,
    notes: &mut Notes,
) {
    for (name, value) in automation.dynamic_parameters().into_iter().flatten() {
        let variable = if let DynamicSsmParameterValue::Variable(variable) = value { Some(variable) } else { None };
        if variable == Some(&VariableType::InvolvedResources) {
            parameters.insert(name.clone(), vec!["{{ resources.0 }}".to_owned()]);
            let done = format!("parameter {name} gets the first of the involved resources, not all of them");
            let todo = "add `{{ resources.1 }}` and so on if the document takes several";
            notes.decided(object, "dynamicParameters", done, todo);
        } else if variable == Some(&VariableType::IncidentRecordArn) {
            let done = format!("parameter {name} was left out: incidents of Reveille have no ARN of Incident Manager");
            notes.no_equivalent(object, "dynamicParameters", done, "change the document, if it needs the incident");
        } else {
            let done = format!("parameter {name} was left out: its value is unknown");
            notes.no_equivalent(object, "dynamicParameters", done, "write it by hand");
        }
    }
}
