"""What a page may fetch: nothing, but for small data that it carries itself."""

from weasyprint.urls import FatalURLFetchingError, URLFetcher

DATA_BYTES = 64 << 10


class Nothing(URLFetcher):
    """Refuses the network, files, and data URLs longer than `DATA_BYTES`; asking ends the page, as a template's mistake.

    Errors: FatalURLFetchingError, which is no Exception: WeasyPrint passes over every other one in silence.
    """

    def fetch(self, url, headers=None):
        if not url[:5].lower() == "data:":
            raise FatalURLFetchingError(
                f"the page asks for {url[:100]!r}, and pages fetch nothing: put it into the template"
            )
        if len(url) > DATA_BYTES:
            raise FatalURLFetchingError(
                f"the page carries {len(url):,} bytes as one data URL: at most {DATA_BYTES:,} are drawn"
            )
        return super().fetch(url, headers)
