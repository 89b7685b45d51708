//! Escalation plans that name each other: no plan may lead back to itself, and none too deep.

use std::collections::BTreeMap;

use reveille_domain::limits::PLAN_DEPTH_MAX;
use reveille_domain::{EscalationPlan, PlanAlias};

use super::error::Code;
use super::node::Place;
use super::reader::Reader;

/// Notes every circle once, at its first plan, and every plan that leads too deep.
pub(super) fn check(
    reader: &mut Reader,
    plans: &BTreeMap<PlanAlias, EscalationPlan>,
    places: &BTreeMap<PlanAlias, Place>,
) {
    let in_order = {
        let mut aliases: Vec<&PlanAlias> = plans.keys().collect();
        aliases.sort_by_key(|alias| places.get(*alias));
        aliases
    };
    let mut in_circles: Vec<PlanAlias> = Vec::new();
    for alias in in_order {
        let Some(at) = places.get(alias) else { continue };
        if let Some(circle) = path_back(plans, alias) {
            if !in_circles.contains(alias) {
                let path = written(&circle);
                let message = format!("escalation plan `{alias}` leads back to itself: {path}");
                let last = &circle[circle.len() - 2];
                reader.wrong(*at, Code::Cycle, message, format!("take `{alias}` out of the targets of `{last}`"));
            }
            in_circles.extend(circle);
            continue;
        }
        let deepest = deepest_path(plans, alias, PLAN_DEPTH_MAX + 1);
        if deepest.len() > PLAN_DEPTH_MAX && !deepest.iter().any(|alias| in_circles.contains(alias)) {
            let message = format!(
                "plans stand in each other more than {PLAN_DEPTH_MAX} deep (PLAN_DEPTH_MAX): {}",
                written(&deepest)
            );
            reader.wrong(*at, Code::OutOfRange, message, "name the inner plan's people in the outer plan instead");
        }
    }
}

/// The shortest way from a plan back to itself.
fn path_back(plans: &BTreeMap<PlanAlias, EscalationPlan>, alias: &PlanAlias) -> Option<Vec<PlanAlias>> {
    let mut reached: Vec<PlanAlias> = Vec::new();
    let mut paths = vec![vec![alias.clone()]];
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let Some(plan) = path.last().and_then(|last| plans.get(last)) else { continue };
            for next in plan.plans() {
                let path: Vec<PlanAlias> = path.iter().cloned().chain([next.clone()]).collect();
                if next == *alias {
                    return Some(path);
                }
                if !reached.contains(&next) {
                    reached.push(next);
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    None
}

/// The longest way down from a plan, cut at so many plans.
fn deepest_path(plans: &BTreeMap<PlanAlias, EscalationPlan>, alias: &PlanAlias, plans_max: usize) -> Vec<PlanAlias> {
    let below = plans.get(alias).filter(|_| plans_max > 1).into_iter().flat_map(EscalationPlan::plans);
    let deepest = below.map(|next| deepest_path(plans, &next, plans_max - 1)).max_by_key(Vec::len).unwrap_or_default();
    [alias.clone()].into_iter().chain(deepest).collect()
}

fn written(path: &[PlanAlias]) -> String {
    path.iter().map(PlanAlias::to_string).collect::<Vec<_>>().join(" → ")
}
