//! The live terminal view: the timeline scrolls by, and below it stands who is asked, on which channel, and when the next
//! stage begins.

use std::collections::BTreeMap;
use std::io::{self, Stdout, Write};

use jiff::Timestamp;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Block, BorderType, LineGauge, Padding, Paragraph, Row, Table, Widget};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use reveille_domain::{
    Engaged, Engagement, EngagementState, Incident, Progress, ResponsePlanName, RunbookState, Status,
};

use crate::columns::one_line;
use crate::configuration::Configuration;
use crate::timeline::{Kind, Line};

/// Lines of the view below the timeline.
const HEIGHT: u16 = 15;

/// A terminal with the view at its lower end.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    title: String,
    /// Whom each stage of each response plan asks.
    asks: BTreeMap<ResponsePlanName, Vec<String>>,
    /// The deadline that is counted down to, and when it was first seen: the length of the gauge.
    counting: Option<(Timestamp, Timestamp)>,
}

impl Screen {
    /// Opens the view. What the terminal shows so far stays above it. The configuration says who is asked next.
    pub fn open(title: &str, configuration: &Configuration) -> io::Result<Self> {
        let backend = CrosstermBackend::new(io::stdout());
        let options = TerminalOptions { viewport: Viewport::Inline(HEIGHT) };
        let mut terminal = Terminal::with_options(backend, options)?;
        terminal.insert_before(2, |buffer| {
            Paragraph::new(Text::from(format!(" {title}")).bold().cyan()).render(buffer.area, buffer);
        })?;
        Ok(Self { terminal, title: title.to_owned(), asks: asks(configuration), counting: None })
    }

    /// Adds a line of the timeline.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        let text = Text::from(vec![
            Span::styled(format!("{:>8}  ", elapsed(line.at)), Style::new().dim()),
            Span::styled(format!("{:<13}", word(line.kind)), style(line)),
            Span::raw(one_line(&line.text)),
        ]);
        let width = usize::from(self.terminal.size()?.width.max(20));
        let height = u16::try_from(text.width().div_ceil(width)).unwrap_or(1).max(1);
        self.terminal.insert_before(height, |buffer| {
            Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: false }).render(buffer.area, buffer);
        })
    }

    /// Draws the state as it is now.
    pub fn draw(&mut self, incident: &Incident, now: Timestamp) -> io::Result<()> {
        let due = incident.due();
        if self.counting.map(|(due, _)| due) != due {
            self.counting = due.map(|due| (due, now));
        }
        let next = next_stage(incident, &self.asks);
        let (title, counting) = (&self.title, self.counting);
        self.terminal.draw(|frame| view(frame, title, incident, &next, counting, now))?;
        Ok(())
    }

    /// Ends the view and leaves the cursor below it, at the beginning of a line.
    pub fn close(mut self) -> io::Result<()> {
        self.terminal.clear()?;
        self.terminal.show_cursor()?;
        write!(io::stdout(), "\r")
    }
}

/// Whom each stage of each response plan asks, in words.
fn asks(configuration: &Configuration) -> BTreeMap<ResponsePlanName, Vec<String>> {
    let stages = |plan: &reveille_domain::ResponsePlan| {
        let asked = plan.stages.iter().map(|stage| stage.engage.iter().map(ToString::to_string).collect::<Vec<_>>());
        asked.map(|asked| asked.join(", ")).collect()
    };
    configuration.response_plans.iter().map(|(name, plan)| (name.clone(), stages(plan))).collect()
}

/// The next stage of the incident's plan, with whom it asks.
fn next_stage(incident: &Incident, asks: &BTreeMap<ResponsePlanName, Vec<String>>) -> String {
    let Progress::Begun { next: Some((stage, _)) } = &incident.progress else { return String::new() };
    let asked = asks.get(&incident.opening.response_plan).and_then(|stages| stages.get(*stage as usize));
    match asked.filter(|asked| !asked.is_empty()) {
        Some(asked) => format!("stage {} ({asked})", stage + 1),
        None => format!("stage {}", stage + 1),
    }
}

/// Minutes and seconds since the signal.
pub fn elapsed(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// What a kind of line is called.
pub fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Opened => "opened",
        Kind::Repeated => "repeated",
        Kind::Stage => "stage",
        Kind::Page => "page",
        Kind::Receipt => "receipt",
        Kind::Acknowledged => "acknowledged",
        Kind::Runbook => "runbook",
        Kind::Announced => "announced",
        Kind::Snoozed => "snoozed",
        Kind::Exhausted => "exhausted",
        Kind::Note => "note",
        Kind::Resolved => "resolved",
        Kind::Error => "error",
    }
}

fn style(line: &Line) -> Style {
    let failed = matches!(line.outcome.as_deref(), Some("failed" | "refused" | "given_up" | "timed_out" | "cancelled"));
    match line.kind {
        _ if failed => Style::new().fg(Color::Red),
        Kind::Opened | Kind::Error | Kind::Exhausted => Style::new().fg(Color::Red).bold(),
        Kind::Page => Style::new().fg(Color::Yellow).bold(),
        Kind::Stage => Style::new().fg(Color::Magenta).bold(),
        Kind::Acknowledged | Kind::Snoozed | Kind::Resolved => Style::new().fg(Color::Green).bold(),
        Kind::Runbook => Style::new().fg(Color::Blue),
        Kind::Note => Style::new().fg(Color::Cyan),
        Kind::Repeated | Kind::Receipt | Kind::Announced => Style::new().dim(),
    }
}

fn view(
    frame: &mut Frame<'_>,
    title: &str,
    incident: &Incident,
    next: &str,
    counting: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) {
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .padding(Padding::horizontal(1))
        .border_style(Style::new().dim())
        .title(Span::styled(format!(" Reveille · {title} "), Style::new().bold()));
    let inner = block.inner(frame.area());
    frame.render_widget(block, frame.area());
    let [head, _, people, runbooks, countdown] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Min(4),
        Constraint::Length(1),
        Constraint::Length(2),
    ])
    .areas(inner);
    frame.render_widget(heading(incident, now), head);
    frame.render_widget(people_table(incident), people);
    frame.render_widget(runbook_line(incident), runbooks);
    gauge(frame, countdown, incident, next, counting, now);
}

fn heading(incident: &Incident, now: Timestamp) -> Paragraph<'static> {
    let opening = &incident.opening;
    let status = match (&incident.status, &incident.acknowledged) {
        (Status::Resolved(resolution), _) => Span::styled(format!(" RESOLVED {} ", resolution.by), badge(Color::Green)),
        (Status::Open, Some(first)) => Span::styled(format!(" ACKNOWLEDGED {} ", first.by), badge(Color::Yellow)),
        (Status::Open, None) => Span::styled(" OPEN ", badge(Color::Red)),
    };
    let since = elapsed(now.duration_since(incident.opened_at).as_secs_f64());
    Paragraph::new(vec![
        Text::from(vec![status, Span::raw(" "), Span::styled(opening.title.clone(), Style::new().bold())]),
        Text::from(format!("impact {} · {} · {since} since it opened", opening.impact, opening.response_plan)).dim(),
    ])
}

fn badge(colour: Color) -> Style {
    Style::new().fg(Color::Black).bg(colour).add_modifier(Modifier::BOLD)
}

fn people_table(incident: &Incident) -> Table<'static> {
    let rows: Vec<Row<'static>> = incident.engagements.iter().filter_map(person).collect();
    let rows = if rows.is_empty() { vec![Row::new(["nobody has been asked yet", "", ""]).dim()] } else { rows };
    Table::new(rows, [Constraint::Length(26), Constraint::Length(18), Constraint::Min(20)])
        .header(Row::new(["who", "paged on", ""]).dim())
}

fn person(engagement: &Engagement) -> Option<Row<'static>> {
    let Engaged::Contact { contact, reached_on, .. } = &engagement.engaged else { return None };
    let channels: Vec<&str> = reached_on.iter().map(|(_, kind)| kind.name()).collect();
    let state = match &engagement.state {
        EngagementState::Engaging => "ringing".yellow(),
        EngagementState::Exhausted { .. } => "asked, no answer yet".into(),
        EngagementState::Acknowledged { .. } => "has it".green().bold(),
        EngagementState::Stopped { .. } => "let go".dim(),
    };
    Some(Row::new([Span::raw(contact.to_string()), Span::raw(channels.join(", ")), state]))
}

fn runbook_line(incident: &Incident) -> Paragraph<'static> {
    let runs: Vec<String> = incident
        .runbooks
        .iter()
        .map(|run| match &run.state {
            RunbookState::Ordered => format!("{}: running", run.document),
            RunbookState::Ended { outcome, .. } => format!("{}: {}", run.document, outcome.name().replace('_', " ")),
        })
        .collect();
    Paragraph::new(Text::from(runs.join(" · ")).blue())
}

fn gauge(
    frame: &mut Frame<'_>,
    area: Rect,
    incident: &Incident,
    next: &str,
    counting: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) {
    let Some((due, since)) = counting.filter(|_| incident.is_open()) else {
        let text = if incident.is_open() {
            "no further stage: everybody on the plan has been asked"
        } else {
            "over: nobody is paged any more"
        };
        frame.render_widget(Paragraph::new(Text::from(text).dim()), area);
        return;
    };
    let total = due.duration_since(since).as_secs_f64().max(1.0);
    let left = due.duration_since(now).as_secs_f64().max(0.0);
    let what = match incident.progress {
        Progress::Begun { next: Some((_, at)) } if at == due => format!("{next} in {}", elapsed(left)),
        Progress::Waiting { .. } | Progress::Begun { .. } => format!("next deadline in {}", elapsed(left)),
    };
    let gauge = LineGauge::default()
        .ratio((1.0 - left / total).clamp(0.0, 1.0))
        .label(format!("{what:<24}"))
        .filled_symbol("━")
        .unfilled_symbol("─")
        .filled_style(Style::new().fg(Color::Magenta))
        .unfilled_style(Style::new().dim());
    frame.render_widget(gauge, area);
}
