use super::*;

/// What is typed behind `override add --schedule s --remove a`.
fn span(arguments: &[&str]) -> Span {
    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        span: Span,
    }
    let typed = ["add", "--schedule", "s"].iter().chain(arguments);
    <Typed as clap::Parser>::try_parse_from(typed).expect("it is typed well").span
}

#[test]
fn an_override_lasts_as_long_as_it_says_from_a_whole_second_on() {
    let now: Timestamp = "2026-01-05T14:00:00.25Z".parse().expect("an instant");
    for (typed, expected) in [
        (&["--for", "2h"][..], Ok(("2026-01-05T14:00:01Z", "2026-01-05T16:00:01Z"))),
        (&["--to", "2026-01-05T15:00:00Z"], Ok(("2026-01-05T14:00:01Z", "2026-01-05T15:00:00Z"))),
        (&["--from", "2026-01-06T00:00:00Z", "--for", "1d"], Ok(("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"))),
        (&["--to", "2026-01-05T14:00:00Z"], Err("is not after 2026-01-05T14:00:01Z, when it begins")),
    ] {
        match (span(typed).ends(now), expected) {
            (Ok((start, end)), Ok(expected)) => {
                assert_eq!((start.to_string().as_str(), end.to_string().as_str()), expected, "{typed:?}");
            }
            (Err(message), Err(part)) => assert!(message.contains(part), "{typed:?}: {message}"),
            (ends, _) => panic!("{typed:?}: {ends:?}"),
        }
    }
}
