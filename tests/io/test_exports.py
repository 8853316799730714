"""Exports of other systems: fixtures with the columns and empty cells that the vendors document, and the real files.

Shapes of the fixtures:

- Zendesk tickets, https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/: a ticket without type,
  priority, group and subject has null there;
- Zendesk metric events,
  https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-metric-event-types-reference;
- Amazon Connect, https://docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html: no Agent where nobody took
  the contact, stamps in UTC, records may come twice; and
  https://docs.aws.amazon.com/connect/latest/adminguide/import-data-for-forecasting.html;
- Genesys Cloud, https://developer.genesys.cloud/analyticsdatamanagement/analytics/aggregate/conversation-query:
  milliseconds, a metric without a value is absent;
- Assembled, the fields of POST /v0/conversations/bulk;
- ServiceNow, https://archive.ics.uci.edu/dataset/498: "?" for unknown, a row per update, stamps without a zone;
- New York's 311,
  https://data.cityofnewyork.us/Social-Services/311-Service-Requests-from-2010-to-Present/erm2-nwe9: empty Closed Date.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from wfm.errors import DataError, DataWarning
from wfm.io import ColumnMap, read_export
from wfm.io.mapping import mapped
from wfm.tickets import TransitionError, check_transitions, interval_history, ticket_facts

EXPORTS = Path(__file__).parent.parent / "data" / "exports"
SHANGHAI = "Asia/Shanghai"
PLAIN = ColumnMap(
    frame="contacts",
    columns={
        "contact_id": "call",
        "queue": "line",
        "arrived_at": "when",
        "answered_at": "taken",
        "abandoned_at": "gone",
        "talk_s": "seconds",
    },
    stamps="%d/%m/%Y %H:%M",
)


def test_zendesk_tickets():
    tickets = read_export(EXPORTS / "zendesk_tickets.json", "zendesk_tickets", tz=SHANGHAI)["tickets"]
    assert tickets["ticket"].tolist() == ["35436", "35437"]
    assert tickets["created_at"].dt.hour.tolist() == [9, 9]
    assert tickets[["channel", "kind", "queue"]].to_numpy().tolist() == [
        ["case", "after_sales", "98738"],
        ["email", "inquiry", "none"],
    ]
    assert tickets["priority"].tolist()[0] == 1.0
    assert pd.isna(tickets["priority"][1])


def test_zendesk_metric_events():
    events = read_export(EXPORTS / "zendesk_metric_events.json", "zendesk_metric_events", tz=SHANGHAI)["ticket_events"]
    check_transitions(events)
    facts = ticket_facts(events, as_of=events["at"].max()).set_index("ticket")
    first = facts.loc["155"]
    assert first["first_reply_at"] == pd.Timestamp("2026-11-02 09:10", tz=SHANGHAI)
    # The vendor's own figure for this ticket: 250 minutes less the 120 that the fixture leaves out of its waits.
    assert first["new_s"] + first["open_s"] == (10 + 120) * 60
    assert first["pending_s"] == 110 * 60
    assert (first["reopens"], first["state"]) == (1, "reopened")
    assert facts.loc["156", "state"] == "new"


def test_amazon_contact_records():
    contacts = read_export(EXPORTS / "amazon_contacts.json", "amazon_contacts", tz=SHANGHAI)["contacts"]
    assert contacts["answered_at"].notna().tolist() == [True, False]
    assert contacts["abandoned_at"].notna().tolist() == [False, True]
    row = interval_history(contacts).iloc[0]
    assert (row["queue"], row["offered"], row["handled"], row["abandoned"]) == ("Billing", 2, 1, 1)
    assert (row["wait_s"], row["handle_s"]) == (25.0, 250 + 20 + 40)


def test_an_amazon_record_that_came_twice_is_named(tmp_path):
    records = json.loads((EXPORTS / "amazon_contacts.json").read_text(encoding="utf-8"))
    path = tmp_path / "twice.json"
    path.write_text(json.dumps([*records, records[0]]), encoding="utf-8")
    with pytest.raises(DataError, match=r"delivered more than once \(rows 1, 3\); keep the one with the latest"):
        read_export(path, "amazon_contacts")


def test_amazon_forecast_import():
    history = read_export(EXPORTS / "amazon_forecast.csv", "amazon_forecast", tz=SHANGHAI)["history"]
    assert history[["offered", "aht_s"]].to_numpy().tolist() == [[42, 251], [0, 0]]


def test_genesys_intervals():
    history = read_export(EXPORTS / "genesys_intervals.json", "genesys_intervals", tz=SHANGHAI)["history"]
    assert history["start"].dt.strftime("%H:%M").tolist() == ["09:00", "09:30"]
    assert history[["offered", "handled", "abandoned"]].to_numpy().tolist() == [[10, 9, 1], [2, 0, 2]]
    assert history["handle_s"].tolist()[0] == 2250.0
    assert history["wait_s"].tolist()[0] == 180.0
    assert pd.isna(history["handle_s"][1])


def test_assembled_conversations():
    contacts = read_export(EXPORTS / "assembled_conversations.json", "assembled_conversations", tz=SHANGHAI)["contacts"]
    assert contacts["channel"].tolist() == ["email", "message"]
    row = interval_history(contacts).iloc[0]
    assert (row["offered"], row["handled"], row["wait_s"], row["handle_s"]) == (1, 1, 1800.0, 610.0)
    assert interval_history(contacts)["waiting"].tolist() == [0, 1]


def test_servicenow_incidents():
    found = read_export(EXPORTS / "servicenow_incidents.csv", "servicenow_incidents", tz=SHANGHAI)
    events = found["ticket_events"]
    check_transitions(events)
    first = events[events["ticket"] == "INC0000045"]
    assert first["to_state"].tolist() == ["new", "solved", "reopened", "closed"]
    second = events[events["ticket"] == "INC0000047"]
    assert second["to_state"].tolist() == ["new", "open", "pending"]
    assert found["tickets"]["queue"].tolist() == ["Group 56", "none"]
    with pytest.raises(DataError, match="has stamps without a zone: '29-02-2016 01:16'"):
        read_export(EXPORTS / "servicenow_incidents.csv", "servicenow_incidents")


def test_new_york_requests_are_read_in_their_own_zone():
    with pytest.warns(
        DataWarning, match="1 local stamps where the clock changes, the first in row 2: 2026-11-01 01:45"
    ):
        found = read_export(EXPORTS / "nyc_311.csv", "nyc_311")
    events = found["ticket_events"]
    check_transitions(events)
    assert events["to_state"].tolist() == ["new", "closed", "new"]
    # The clock is put back in this night: the hour that occurs twice is read as the first.
    assert events["at"][1] - events["at"][0] == pd.Timedelta("1h15min10s")
    assert found["tickets"]["channel"].tolist() == ["message", "phone"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_map_of_ones_own_reads_csv_parquet_and_excel(suffix, tmp_path):
    cells = pd.read_csv(EXPORTS / "plain.csv", dtype={"call": "str"})
    path = tmp_path / f"plain{suffix}"
    if suffix == ".csv":
        shutil.copy(EXPORTS / "plain.csv", path)
    elif suffix == ".parquet":
        cells.to_parquet(path, index=False)
    else:
        cells.to_excel(path, index=False)
    contacts = read_export(path, PLAIN, tz=SHANGHAI)["contacts"]
    assert contacts["contact_id"].tolist() == ["1", "2"]
    assert contacts["answered_at"][0] - contacts["arrived_at"][0] == pd.Timedelta("1min")
    assert interval_history(contacts)[["handled", "abandoned"]].to_numpy().tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("call,lin,when,taken,gone,seconds\n", "column 'line' is missing; it is our 'queue'; did you mean 'lin'?"),
        (
            "call,line,when,taken,gone,seconds\n1,calls,2026-11-02,,,\n",
            "column 'when' holds what is not a stamp: '2026-11-02' (row 2); it must be of the form %d/%m/%Y %H:%M",
        ),
        (
            "call,line,when,taken,gone,seconds\n1,calls,02/11/2026 09:00,,,two\n",
            "column 'seconds' holds what is not a number: 'two' (row 2); write it as 1234.5",
        ),
    ],
)
def test_a_fault_of_an_export_is_named(text, message, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_export(path, PLAIN, tz=SHANGHAI)
    assert message in str(error.value)


def test_a_value_that_is_not_named_may_have_a_meaning():
    rule = ColumnMap(
        frame="contacts",
        columns={**PLAIN.columns, "channel": "line"},
        values={"channel": {"chats": "chat"}},
        others={"channel": "phone"},
        stamps=PLAIN.stamps,
    )
    assert set(read_export(EXPORTS / "plain.csv", rule, tz=SHANGHAI)["contacts"]["channel"]) == {"phone"}


def test_what_is_not_known_is_refused():
    with pytest.raises(DataError, match="unknown form 'zendesk'; did you mean 'zendesk_tickets'"):
        read_export(EXPORTS / "plain.csv", "zendesk")
    with pytest.raises(DataError, match="nothing is read for column 'kind'"):
        ColumnMap(frame="contacts", columns={"queue": "q"}, values={"kind": {"a": "b"}})
    strange = ColumnMap(
        frame="contacts",
        columns={**PLAIN.columns, "channel": "line"},
        values={"channel": {"phones": "phone"}},
        stamps=PLAIN.stamps,
    )
    with pytest.raises(DataError, match=r"column 'line' holds an unknown value 'calls' \(rows 2, 3\)"):
        read_export(EXPORTS / "plain.csv", strange, tz=SHANGHAI)


def test_the_real_incident_register(tmp_path):
    data = os.environ.get("WFM_DATA")
    if not data:
        return  # the register is not part of the project: this test runs where WFM_DATA names its folder
    path = tmp_path / "incidents.csv"
    with gzip.open(Path(data) / "servicenow_incidents.csv.gz", "rb") as packed:
        path.write_bytes(packed.read())
    found = read_export(path, "servicenow_incidents", tz="UTC")
    assert len(found["tickets"]) == 890
    events = found["ticket_events"]
    # Two incidents were updated before they were opened: they are named, and left out by the reader's own choice.
    wrong = ["INC0000131", "INC0000135"]
    with pytest.raises(TransitionError, match=rf"goes from 'nothing' to 'open' \(rows {', '.join(wrong)}\)"):
        ticket_facts(events)
    facts = ticket_facts(events[~events["ticket"].isin(wrong)]).set_index("ticket")
    assert (facts["state"] == "closed").sum() == len(facts) == 888
    register = pd.read_csv(path).groupby("number")["reopen_count"].max()
    assert (facts["reopens"] == register.reindex(facts.index)).mean() > 0.99


def test_a_request_closed_before_it_was_created_is_named(tmp_path):
    path = tmp_path / "early.csv"
    text = (EXPORTS / "nyc_311.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("11/01/2026 01:45:10 AM", "10/31/2026 01:45:10 AM"), encoding="utf-8")
    with pytest.raises(DataError, match=r"a request was closed before it was created \(row 2\); correct Closed Date"):
        read_export(path, "nyc_311")


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not JSON"), ('{"a": 1}', "not a list of records"), ('{"a": [1], "b": [2]}', "not a list of records")],
)
def test_json_without_records_is_refused(text, message, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_export(path, "zendesk_tickets")


def test_flags_and_mixed_stamps_of_a_map():
    rule = ColumnMap(frame="ticket_events", columns={"public": "seen", "at": "at"}, tz="UTC")
    cells = pd.DataFrame({"seen": ["Yes", "no", None], "at": ["2026-11-02T09:00:00Z"] * 3}, dtype=object)
    frame = mapped(cells, rule, tz=None, where="x", final=False)
    assert frame["public"].tolist() == [True, False, pd.NA]
    with pytest.raises(DataError, match="holds what is neither true nor false: 'perhaps'"):
        mapped(cells.assign(seen="perhaps"), rule, tz=None, where="x", final=False)
    mixed = cells.assign(at=["2026-11-02T09:00:00Z", "2026-11-02T09:00:00", None])
    with pytest.raises(DataError, match=r"column 'at' mixes stamps with and without a zone: '2026-11-02T09:00:00'"):
        mapped(mixed, rule, tz="UTC", where="x", final=False)
    with pytest.raises(DataError, match="unknown frame 'event'"):
        ColumnMap(frame="event", columns={})
