//! A flight recording of a server, opened by dropping its file and by choosing it.

use semisync_core::source::{Input, SessionId, Source, SourceConfig, WakeCause};
use semisync_core::{BinlogPosition, Instant, UtcTime};
use semisync_flight::Origin;
use semisync_flight::write::{FILE_HEAD, Tap, block};
use semisync_tests::browser::{DESK, PHONE, Page};

/// A commit that nobody acknowledges.
fn file() -> Vec<u8> {
    let mut source = Source::new(SourceConfig::default());
    let mut tap = Tap::new(10_000);
    let origin = Origin {
        server_version: "9.7.4".to_owned(),
        at: Instant::ZERO,
        utc: UtcTime {
            unix_micros: 1_795_168_800_000_000,
        },
    };
    tap.begin(&origin, &source);
    let position = BinlogPosition::new("binlog.000001", 500);
    let flushed = Input::BinlogFlushed {
        position: position.clone(),
    };
    let synced = Input::CommitQueueSynced {
        session: SessionId(0),
        position: Some(position),
    };
    let mut tell = |source: &mut Source, ms: u64, input: Input| {
        tap.tell(Instant::from_millis(ms), &input);
        source.handle(Instant::from_millis(ms), input);
        while let Some(output) = source.poll_output() {
            tap.ordered(&output);
        }
        tap.told();
    };
    tell(&mut source, 0, Input::EnabledSet(true));
    tell(&mut source, 20, flushed);
    tell(&mut source, 21, synced);
    let deadline = source.poll_timeout().expect("a commit waits");
    let semisync_core::source::DeadlineReason::CommitWait { ticket, .. } = deadline.reason;
    let cause = WakeCause::DeadlineReached;
    tell(&mut source, 10_021, Input::SessionWoken { ticket, cause });
    tap.end();
    [&FILE_HEAD, &block(&tap.take(Vec::new()))[..]].concat()
}

/// JavaScript that has the file in a `DataTransfer` named `data`.
fn data_transfer() -> String {
    format!(
        "const data = new DataTransfer(); \
         data.items.add(new File([new Uint8Array({:?})], 'incident.flight'));",
        file()
    )
}

#[test]
fn a_dropped_recording_shows_its_time_line_and_its_counters_at_every_moment() {
    let page = Page::open(DESK);
    page.value(&format!(
        "(() => {{ {} window.dispatchEvent(new DragEvent('drop', \
         {{ dataTransfer: data, cancelable: true }})); return true; }})()",
        data_transfer()
    ));
    page.wait_for("flight");
    assert!(page.text("flight").contains("MySQL 9.7.4"));
    assert!(
        page.text("flight-rows")
            .contains("a waiting session reached its timeout")
    );
    assert_eq!(page.text("flight-time"), "2026-11-20 10:00:10.021000");
    let no_tx = |page: &Page| {
        let cell = page.value(
            "[...document.querySelectorAll('[data-testid=flight-counters] tr')] \
             .find(row => row.cells[0].textContent == 'Rpl_semi_sync_source_no_tx') \
             .cells[1].textContent",
        );
        cell.as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(no_tx(&page), "1");
    page.press("flight-back");
    page.wait_until("the wait", |page| {
        page.text("flight-time") == "2026-11-20 10:00:00.021000"
    });
    assert_eq!(no_tx(&page), "0");
    page.press("flight-trouble-next");
    page.wait_until("the timeout again", |page| no_tx(page) == "1");
    page.press("close-sheet");
    assert!(!page.has("flight"));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_chosen_recording_opens_on_a_phone_and_another_file_is_refused() {
    let page = Page::open(PHONE);
    page.value(&format!(
        "(() => {{ {} const input = document.getElementById('open-file'); input.files = data.files; \
         input.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()",
        data_transfer()
    ));
    page.wait_for("flight");
    let width = page.value("document.documentElement.scrollWidth - window.innerWidth");
    assert!(width.as_i64() <= Some(0), "{width} pixels too wide");
    page.press("close-sheet");
    page.value(
        "(() => { const data = new DataTransfer(); data.items.add(new File(['no'], 'x.json')); \
         window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true })); \
         return true; })()",
    );
    page.wait_until("a refusal", |page| {
        page.has("notice") && page.text("notice").contains("cannot be opened")
    });
}
