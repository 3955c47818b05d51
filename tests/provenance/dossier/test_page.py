"""The dossier as a person uses it, in headless Chromium, with the data of the archived one and the present page."""

import base64
import gzip
import json
import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from analysis.core.catalogue import ROOT
from analysis.provenance.dossier.assemble import rendered
from tests.provenance.dossier import browser

ARCHIVED = ROOT / "paper" / "dossier.html"
pytestmark = pytest.mark.xdist_group("browser")  # one browser, one worker


@pytest.fixture(scope="module")
def data():
    return re.search(r'id="data">([^<]*)<', ARCHIVED.read_text(encoding="utf-8"))[1]


@pytest.fixture(scope="module")
def driver(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("browser")
    found = browser.start(folder / "profile")
    page = folder / "dossier.html"
    page.write_text(rendered("The dossier", data), encoding="utf-8")
    found.get(page.as_uri())
    WebDriverWait(found, 30).until(lambda d: d.execute_script("return document.body.dataset.ready") == "1")
    yield found
    found.quit()


@pytest.fixture(autouse=True)
def closed(driver):
    """Each test starts with the chain closed."""
    driver.execute_script("const dialog = document.getElementById('chain'); if (dialog.open) dialog.close();")


def one(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def visible_claims(driver):
    return driver.execute_script("return [...document.querySelectorAll('details.claim')].filter(e => !e.hidden).map(e => e.id)")


def content(data):
    return json.loads(gzip.decompress(base64.b64decode(data)))


def claims_of(data):
    return [node for node in content(data)["nodes"].values() if node["kind"] == "claim"]


def test_opens_without_errors_and_without_the_network(driver, data):
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []
    assert driver.execute_script("return performance.getEntriesByType('resource').filter(e => !/^(data|blob):/.test(e.name)).length") == 0
    assert len(visible_claims(driver)) == len(claims_of(data))


def test_scorecard_is_filtered_by_verdict_and_words(driver, data):
    claims = claims_of(data)
    one(driver, "button[data-verdict='consistent']").click()
    assert visible_claims(driver) == [f"claim-{c['name']}" for c in claims if c["verdict"] == "consistent"]
    assert one(driver, "#scorecard [role=status]").text == f"{len(visible_claims(driver))} of {len(claims)} claims"
    one(driver, "button[data-verdict='']").click()
    search = one(driver, "#claim-search")
    search.send_keys("disclosure")
    assert "claim-D7" in visible_claims(driver) and len(visible_claims(driver)) < 5
    search.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    assert len(visible_claims(driver)) == len(claims)


def test_the_page_opens_with_the_answer(driver, data):
    claims = [node for node in claims_of(data) if node["verdict"] != "normative"]
    assert one(driver, "#answer .lead").text.startswith(f"Of {len(claims)} claims")
    chips = driver.find_elements(By.CSS_SELECTOR, "#picture a")
    assert sorted(chip.text for chip in chips) == sorted(node["name"] + "*" * node["nearest_few"] for node in claims)
    near = next(node for node in claims if node["nearest"] is not None)
    test = next(test for test in near["tests"] if test["rank"] == near["nearest"])
    said = one(driver, f"#claim-{near['name']} .nearest").text
    assert test["says"] in said and test["directness"] in said and one(driver, f"#claim-{near['name']}").get_attribute("open") is None


def test_claims_are_filtered_by_the_distance_of_their_evidence(driver, data):
    box = driver.find_elements(By.CSS_SELECTOR, "#scorecard select")[1]
    expected = [node["name"] for node in claims_of(data) if node["nearest_distance"] == "no evidence at hand"]
    for chosen, names in (("no evidence at hand", expected), ("", [node["name"] for node in claims_of(data)])):
        driver.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))", box, chosen)
        assert sorted(visible_claims(driver)) == sorted(f"claim-{name}" for name in names)


def test_a_claim_opens_to_its_evidence(driver):
    claim = one(driver, "#claim-S4")
    claim.find_element(By.TAG_NAME, "summary").click()
    assert "Guangdong" in claim.text and "Chain of S4" in claim.text and "Shown in:" in claim.text


def test_text_keeps_its_lines_and_its_full_stops(driver):
    evidence = "const d = [...document.querySelectorAll('#exhibit-scorecard_nearest td')].find(e => e.textContent.includes('\\n')); return getComputedStyle(d).whiteSpace"
    assert driver.execute_script(evidence) in ("pre-line", "preserve-breaks")
    assert ".." not in driver.execute_script("return [...document.querySelectorAll('details.claim')].map(e => e.textContent).join('\\n')")


def test_no_reading_of_an_interval_stands_without_its_verdict(driver, data):
    nodes = content(data)["nodes"].values()
    tests = [(node["name"], test) for node in nodes if node["kind"] == "claim" for test in node["tests"] if test["verdict_before_gates"]]
    gated = [(name, test) for name, test in tests if test["verdict_before_gates"] != f"{test['verdict']} ({test['code']})"]
    assert ("D1", "PRE") in {(name, test["code"]) for name, test in gated}
    for name, test in gated:
        text = driver.execute_script("return document.getElementById(arguments[0]).textContent", f"claim-{name}")
        assert f"{test['verdict']} ({test['code']}); the interval alone: {test['verdict_before_gates']}" in text
    status = one(driver, "#real-curve-status").text
    assert "with the reading of the main specification" in status and "verdict of the main" not in status


def test_a_clicked_number_shows_its_chain_to_the_raw_file(driver):
    button = one(driver, "button[data-number='rd_att']")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    chain = one(driver, "#chain")
    text = chain.text
    for part in (
        "Sentence",
        "Claim",
        "D1:",
        "Estimate row",
        "Specification province_att",
        "Panel province_year",
        "Canonical table",
        "Raw data",
    ):
        assert part in text, part
    assert "province_year.csv, 496 rows, SHA-256" in text and re.search(r"\b[0-9a-f]{64}\b", text)
    assert driver.current_url.endswith("#number:rd_att")


def test_the_keyboard_alone_does_the_same(driver):
    button = one(driver, "button[data-number='gdp_att']")
    driver.execute_script("arguments[0].focus()", button)
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert one(driver, "#chain").is_displayed() and driver.switch_to.active_element.text == "Close"
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.execute_script("return document.getElementById('chain').contains(document.activeElement)")
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()
    assert not one(driver, "#chain").is_displayed()
    assert driver.switch_to.active_element.get_attribute("data-number") == "gdp_att"


def test_every_step_of_a_chain_can_be_folded(driver):
    driver.execute_script("document.querySelector(\"button[data-number='rd_att']\").click()")
    steps = driver.find_elements(By.CSS_SELECTOR, "#chain details:not(.cite)")
    assert len(steps) > 4 and all(step.get_attribute("open") for step in steps)
    steps[1].find_element(By.TAG_NAME, "summary").click()
    assert not steps[1].get_attribute("open")


def test_a_shared_panel_stands_below_each_specification(driver):
    driver.execute_script("document.querySelector(\"button[data-chain='claim:D1']\").click()")
    below = driver.execute_script(
        "return [...document.querySelectorAll('#chain details')].filter(e => e.querySelector('summary').textContent.includes('province_event_study'))"
        ".map(e => e.textContent)"
    )
    assert len(below) == 1 and "Panel province_year (above)" in below[0]


def test_specification_curve_filters_and_tells(driver):
    status = one(driver, "#real-curve-status")
    total = int(re.match(r"([\d,]+) of", status.text)[1].replace(",", ""))
    assert total >= 2000 and "joint p" in status.text
    filters = driver.find_elements(By.CSS_SELECTOR, "#real-curve-filters select")
    options = filters[3].find_elements(By.TAG_NAME, "option")
    options[1].click()
    assert int(re.match(r"([\d,]+) of", status.text)[1].replace(",", "")) < total
    options[0].click()
    assert re.match(r"Drawn from .+ to .+: [\d,]+ intervals reach further", one(driver, "#real-curve-range").text)
    canvas = one(driver, "#real-curve")
    driver.execute_script("arguments[0].focus()", canvas)
    ActionChains(driver).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
    readout = one(driver, "#real-curve-readout").text
    assert readout.startswith("2: ") and "estimator:" in readout and "sample:" in readout


def test_event_study_point_says_its_estimate(driver):
    driver.execute_script("document.querySelectorAll('#events .event-point')[6].focus()")
    assert re.match(r"Period \d+: .+ \[.+\], p ", one(driver, "#real-event-readout").text)


def test_download_holds_the_data_of_the_figure(driver):
    found = driver.execute_async_script(
        "const done = arguments[0], link = document.querySelector('#exhibit-province_event_study a.download');"
        "fetch(link.href).then(r => r.text()).then(text => done([link.download, text]));"
    )
    assert found == ["province_event_study.csv", (ROOT / "figures" / "province_event_study.csv").read_text(encoding="utf-8")]


def test_a_cell_of_a_table_shows_its_estimate(driver):
    driver.execute_script("document.querySelector('#exhibit-province_effects details').open = true")
    WebDriverWait(driver, 5).until(lambda d: d.find_elements(By.CSS_SELECTOR, "#exhibit-province_effects button[data-cell]"))
    driver.execute_script("document.querySelector('#exhibit-province_effects button[data-cell]').click()")
    assert "This cell of" in one(driver, "#chain").text and "province_att" in one(driver, "#chain").text


def test_simulated_evidence_stands_apart_and_is_marked(driver):
    outside = "return [...document.querySelectorAll('main > section:not(#simulated) .sim, main > section:not(#simulated) article.simulated')].length"
    inside = "return [...document.querySelectorAll('#simulated article')].every(e => e.textContent.includes('SIMULATED'))"
    assert driver.execute_script("return document.querySelector('main').lastElementChild.id") == "simulated"
    linked = driver.execute_script(
        "return [...document.querySelectorAll('#scorecard .sim')].length"
    )  # links to simulated exhibits carry the mark
    assert driver.execute_script(outside) == linked and driver.execute_script(inside)


def test_legible_on_a_phone(driver):
    size = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        wide, inner = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= inner == 360
        # All of the curve is reached by a finger, and no text is smaller than 11 px.
        assert driver.execute_script("return getComputedStyle(document.getElementById('real-curve')).touchAction") == "pan-x pan-y"
        reached, drawn = driver.execute_script(
            "const c = document.getElementById('real-curve'), box = c.parentElement; box.scrollLeft = 1e4;"
            "return [c.getBoundingClientRect().right - box.getBoundingClientRect().right, c.getBoundingClientRect().width / c.width]"
        )
        assert reached <= 1 and 13 * drawn >= 11 and driver.execute_script("return document.getElementById('real-curve').width") == 560
        driver.execute_script(
            "const c = document.getElementById('real-curve'), box = c.getBoundingClientRect();"
            "c.dispatchEvent(new PointerEvent('pointerdown', {clientX: box.right - 12, clientY: box.top + 50}))"
        )
        assert "estimator:" in one(driver, "#real-curve-readout").text
        sizes = driver.execute_script(
            "const svg = document.querySelector('#events svg'), scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;"
            "return [...svg.querySelectorAll('text')].map(e => scale * parseFloat(getComputedStyle(e).fontSize))"
        )
        assert len(sizes) > 5 and min(sizes) >= 11
        driver.execute_script("document.querySelector(\"button[data-number='rd_att']\").click()")
        assert driver.execute_script("const d = document.getElementById('chain'); return d.scrollWidth <= d.clientWidth + 1")
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_number_is_cited_with_its_chain(driver):
    driver.execute_script("document.querySelector(\"button[data-number='rd_att']\").click()")
    one(driver, "#chain details.cite > summary").click()
    text = driver.execute_script("return document.querySelector('#chain .citation').textContent")
    number = one(driver, "button[data-number='rd_att']").get_attribute("textContent")
    assert f"{number} (number rd_att; paper/sections/" in text and "province_att / rd_intensity" in text
    assert re.search(r"data/raw/statistics/province_year\.csv \(SHA-256 [0-9a-f]{12}\)", text)
    driver.execute_script("document.querySelector('#chain [data-copy]').click()")
    WebDriverWait(driver, 5).until(
        lambda d: d.execute_script("return document.querySelector('#chain [role=status]').textContent.length > 0")
    )
    assert driver.execute_script("return String(getSelection())").strip() == text


def test_every_control_has_a_name(driver):
    unnamed = driver.execute_script(
        "return [...document.querySelectorAll('button, select, input, a, canvas, img, dialog')].filter(e => !(e.textContent.trim() ||"
        " e.getAttribute('aria-label') || e.getAttribute('alt') || e.getAttribute('aria-labelledby') || (e.labels && e.labels.length))).map(e => e.outerHTML.slice(0, 90))"
    )
    assert unnamed == []
