"""A real browser for every test that wants one, and how Hypothesis looks for counterexamples."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, however busy the machine is. To look for new ones: --hypothesis-profile=explore
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("explore"), derandomize=True)
settings.load_profile("same")

#: what a browser needs in a container, and without a graphics card
BROWSER_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium, driven by Playwright; one for each test process.

    Without a browser on this machine the test is skipped, unless CUSTSIM_BROWSER=required is set: then it fails.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "no Chromium on this machine; install it (Debian: apt install chromium)"
        if os.environ.get("CUSTSIM_BROWSER") == "required":
            pytest.fail(f"CUSTSIM_BROWSER=required, but {reason}")
        pytest.skip(reason)
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: test)")
    playwright.expect.set_options(timeout=60_000)  # the machine may be busy; what comes at once is not waited for
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(BROWSER_OPTIONS))
        yield browser
        browser.close()
