//! A line of each public format finds its statement, with its header and without.
//!
//! The lines are made here, in our own words, after what such systems are known to write: statements with holes, filled
//! from a seed. A line counts as right only if its group holds exactly the lines of its statement (grouping accuracy, Zhu
//! et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019).

use std::collections::HashMap;

use midwatch::analysis::logs::Miner;

use super::seed::Seed;

/// A format: its name, its header and its statements, the frequent ones first.
pub struct Format {
    pub name: &'static str,
    pub header: &'static str,
    pub statements: &'static [&'static str],
}

/// Fills the holes of a statement.
pub fn fill(pattern: &str, seed: &mut Seed) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(open) = rest.find('‹') {
        text.push_str(&rest[..open]);
        let close = rest[open..].find('›').unwrap() + open;
        text.push_str(&value(&rest[open + '‹'.len_utf8()..close], seed));
        rest = &rest[close + '›'.len_utf8()..];
    }
    text.push_str(rest);
    text
}

fn value(hole: &str, seed: &mut Seed) -> String {
    if hole.contains('|') {
        let choices: Vec<&str> = hole.split('|').collect();
        return (*seed.pick(&choices)).to_owned();
    }
    match hole {
        "n" => seed.below(40).to_string(),
        "N" => seed.below(90_000_000).to_string(),
        "neg" => (seed.below(60) as i64 - 30).to_string(),
        "f" => format!("{}.{}", seed.below(100), seed.below(1_000_000)),
        "pid" => (300 + seed.below(30_000)).to_string(),
        "port" => (1024 + seed.below(60_000)).to_string(),
        "ip" => format!(
            "{}.{}.{}.{}",
            10 + seed.below(200),
            seed.below(256),
            seed.below(256),
            seed.below(256)
        ),
        "blk" => format!("blk_{}{}", seed.pick(&["", "-"]), seed.next()),
        "hex" => format!("{:08x}", seed.next() as u32),
        "0x" => format!("0x{:x}", seed.next() >> seed.below(50)),
        "uuid" => {
            let (a, b) = (seed.next(), seed.next());
            format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a as u32,
                (a >> 32) as u16,
                (a >> 48) & 0xfff,
                b & 0xfff,
                b >> 16
            )
        }
        "hash" => format!("{:016x}{:016x}", seed.next(), seed.next()),
        "mac" => (0..6)
            .map(|_| format!("{:02x}", seed.next() as u8))
            .collect::<Vec<_>>()
            .join(":"),
        "user" => (*seed.pick(&[
            "root",
            "root",
            "root",
            "root",
            "admin",
            "guest",
            "oracle",
            "cyrus",
            "news",
            "test",
            "mysql",
            "webmaster",
            "ftpuser",
            "nagios",
            "pi",
        ]))
        .to_owned(),
        "fewusers" => {
            (*seed.pick(&["root", "root", "root", "root", "root", "root", "guest", "uucp"])).to_owned()
        }
        "domain" => format!(
            "{}.{}",
            seed.pick(&[
                "ns",
                "mail",
                "customer",
                "host-7-9",
                "dsl",
                "static",
                "n219076184117"
            ]),
            seed.pick(&[
                "example.com",
                "provider.net",
                "uni.edu.hk",
                "telecom.net.br",
                "hinet.net"
            ])
        ),
        "path" => format!(
            "/{}/{}/{}",
            seed.pick(&["var", "usr", "home", "mnt"]),
            seed.pick(&["lib", "data", "www"]),
            seed.pick(&["a.log", "conf.d", "spool", "index.html", "x.py"])
        ),
        "class" => format!(
            "org.example.{}.{}",
            seed.pick(&["job", "task", "net"]),
            seed.pick(&["EventType", "JobImpl", "Cleaner", "Fetcher", "Launcher"])
        ),
        "pkg" => format!(
            "com.{}.{}",
            seed.pick(&["vendor", "android", "maps"]),
            seed.pick(&["music", "phone", "browser", "launcher.ui"])
        ),
        "size" => format!(
            "{}.{} {}",
            seed.below(900),
            seed.below(10),
            seed.pick(&["KB", "MB", "GB", "B"])
        ),
        "secs" if seed.below(3) == 0 => "<1 sec".to_owned(),
        "secs" => format!("{:02}:{:02}", seed.below(60), seed.below(60)),
        "bool" => (*seed.pick(&["true", "false"])).to_owned(),
        "STATE" => (*seed.pick(&[
            "NEW",
            "INITED",
            "SETUP",
            "RUNNING",
            "SUCCEEDED",
            "SCHEDULED",
            "ASSIGNED",
            "COMMIT_PENDING",
            "KILLED",
        ]))
        .to_owned(),
        "vote" => (*seed.pick(&["LOOKING", "FOLLOWING", "LEADING"])).to_owned(),
        "date" => format!(
            "2016/9/{}:{}:{}:{}.{}",
            1 + seed.below(28),
            seed.below(24),
            seed.below(60),
            seed.below(60),
            seed.below(999)
        ),
        "epoch" => (1_077_000_000 + seed.below(60_000_000)).to_string(),
        "day" => (1 + seed.below(28)).to_string(),
        "hms" => format!(
            "{:02}:{:02}:{:02}",
            seed.below(24),
            seed.below(60),
            seed.below(60)
        ),
        "ms" => format!("{:03}", seed.below(1000)),
        "app" => format!("{}_{:04}", 1_445_144_423_722_u64, seed.below(30)),
        other => panic!("no such hole: {other}"),
    }
}

/// Two thousand lines of a format with the number of their statement: some statements in hundreds, many once or twice.
fn sample(format: &Format, with_header: bool, seed: u64) -> Vec<(usize, String)> {
    let mut seed = Seed::of(seed);
    (0..2000)
        .map(|_| {
            let a = seed.below(format.statements.len() as u64);
            let b = seed.below(format.statements.len() as u64);
            let c = seed.below(format.statements.len() as u64);
            let statement = a.min(b).min(c) as usize;
            let mut line = if with_header {
                fill(format.header, &mut seed)
            } else {
                String::new()
            };
            line.push_str(&fill(format.statements[statement], &mut seed));
            (statement, line)
        })
        .collect()
}

/// Grouping accuracy, and the statements that were split or joined.
fn accuracy(lines: &[(usize, String)]) -> (f64, Vec<String>) {
    let mut miner = Miner::new();
    let numbers: Vec<u32> = lines.iter().map(|(_, line)| miner.add(0, line)).collect();
    let settled = miner.settle();
    let mut groups: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut truth: HashMap<usize, usize> = HashMap::new();
    for (index, number) in numbers.iter().enumerate() {
        groups
            .entry(settled.of[*number as usize])
            .or_default()
            .push(index);
        *truth.entry(lines[index].0).or_default() += 1;
    }
    let mut right = 0;
    let mut wrong = Vec::new();
    for (group, members) in &groups {
        let statement = lines[members[0]].0;
        let pure = members.iter().all(|index| lines[*index].0 == statement);
        if pure && truth[&statement] == members.len() {
            right += members.len();
        } else {
            wrong.push(format!(
                "{} lines: {} <- {}",
                members.len(),
                settled.templates[*group as usize],
                lines[members[0]].1
            ));
        }
    }
    wrong.sort();
    (right as f64 / lines.len() as f64, wrong)
}

#[test]
fn a_line_of_each_public_format_finds_its_statement() {
    let seeds: u64 = if std::env::var_os("SHOW").is_some() { 3 } else { 1 };
    let mut means = [0.0, 0.0];
    let mut told = String::new();
    for format in super::statements::FORMATS {
        for with_header in [false, true] {
            let (mut sum, mut all) = (0.0, Vec::new());
            for seed in 1..=seeds {
                let (right, wrong) = accuracy(&sample(format, with_header, seed));
                sum += right / seeds as f64;
                all.extend(wrong);
            }
            means[usize::from(with_header)] += sum / super::statements::FORMATS.len() as f64;
            told += &format!(
                "{:<12} {} {sum:.3}\n",
                format.name,
                if with_header { "lines   " } else { "messages" }
            );
            if std::env::var_os("SHOW").is_some() {
                all.sort_by_key(|line| line.split('<').next().map(str::to_owned));
                all.dedup_by_key(|line| {
                    line.split_once(':')
                        .map(|(_, rest)| rest.split(" <- ").next().map(str::to_owned))
                });
                for line in all.iter().take(30) {
                    told += &format!("    {line}\n");
                }
            }
        }
    }
    println!("{told}{means:?}");
    assert!(means.iter().all(|mean| *mean > 0.9), "{means:?}\n{told}");
}
