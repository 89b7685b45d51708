//! `second-opinion URL`: holds the adapters against moto's server at this address. `.ci/adapters` starts one.

use std::process::ExitCode;

use clap::Parser;
use reveille_tests::second_opinion::{Verdict, run};

/// Holds the adapters against moto's server
#[derive(Parser)]
struct Arguments {
    /// Where it listens, for example http://127.0.0.1:5000
    url: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A check that fails panics; what it says stands beside its name.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut made, mut wrong) = (0, 0);
    run(&arguments.url, |name, verdict| {
        made += 1;
        wrong += usize::from(!verdict.is_fine());
        match verdict {
            Verdict::Agrees => println!("agrees     {name}"),
            Verdict::Deviates(known) => println!("deviates   {name}\n           moto {}: {}", known.moto, known.breaks),
            Verdict::Disagrees(why) => println!("DISAGREES  {name}\n           {why}"),
            Verdict::NoLongerDeviates => println!("DEVIATES NO LONGER  {name}: take it off the list"),
        }
    })
    .await;
    println!("{made} checks, {wrong} wrong");
    ExitCode::from(u8::from(wrong > 0))
}
