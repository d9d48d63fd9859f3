"""The only reader of the environment: where things lie and how much of the machine we may use.

What words *mean* is config/*.yaml; nothing of that belongs here.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _project_folder() -> Path:
    return Path(__file__).resolve().parent.parent


def _also(name: str) -> AliasChoices:
    """A name that others give it, too: the container's, or that of tools beside us."""
    return AliasChoices(f"TRAILHOUSE_{name}", name)


class Settings(BaseSettings):
    """Every variable is called `TRAILHOUSE_<NAME>`; `.env` in the project folder is read too.

    Errors: pydantic's ValidationError names the variable and what it should be.
    """

    model_config = SettingsConfigDict(
        env_prefix="TRAILHOUSE_",
        env_nested_delimiter="__",
        env_file=_project_folder() / ".env",
        extra="ignore",
        validate_by_name=True,
    )

    home: Path = Field(default_factory=_project_folder, description="the checkout: config/, sql/, assets/, tests/")
    data: Path | None = Field(default=None, description="lake, ledger, warehouse, published; default <home>/data")
    inbox: Path | None = Field(default=None, description="where relative source folders start; default <home>")
    config: Path | None = Field(default=None, description="the YAML definitions; default <home>/config")
    ledger_url: str | None = Field(default=None, description="SQLAlchemy URL; default SQLite in the data folder")
    processes: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="worker processes of an ingest"
    )
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="DuckDB's threads")
    memory_limit: str = Field(default="4GiB", description="DuckDB's memory limit; Python's parts come on top")
    lock_wait_seconds: float = Field(default=600, ge=0, description="how long a run waits for the other writer")
    watch_seconds: int = Field(default=30, ge=1, description="how often Dagster looks into the inbox")
    compact_after_days: int = Field(
        default=2, ge=0, description="received days older than this become one segment each"
    )
    keep_replaced_hours: float = Field(
        default=24, ge=0, description="segments stay so long after compaction for readers"
    )
    tick_bytes: int = Field(default=16 << 20, ge=0, description="more new input than this becomes a run, not a tick")

    serving: SecretStr | None = Field(
        default=None,
        validation_alias=_also("WAREHOUSE_SERVING"),
        description="postgresql://…: what is published is kept there too (docs/serving.md)",
    )
    slack_token: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("TRAILHOUSE_SLACK_TOKEN", "SLACK_BOT_TOKEN"),
        description="a bot's token (xoxb-…); without one everything goes to <data>/outbox",
    )
    grafana_url: str | None = Field(
        default=None,
        validation_alias=_also("GRAFANA_URL"),
        description="where dashboards are",
    )
    grafana_token: SecretStr | None = Field(
        default=None,
        validation_alias=_also("GRAFANA_TOKEN"),
        description="of a service account with the role Admin, for `trailhouse grafana push`",
    )
    grafana_source: Literal["duckdb", "postgres"] = Field(
        default="duckdb", description="what that Grafana reads: the published files, or the tables in PostgreSQL"
    )
    alert_address: str | None = Field(default=None, description="a mail address that Grafana's own alert rules tell")
    warehouse_address: str | None = Field(
        default=None,
        validation_alias=_also("WAREHOUSE_ADDRESS"),
        description="PostgreSQL as Grafana sees it: host:port",
    )
    warehouse_database: str = Field(default="trailhouse", validation_alias=_also("WAREHOUSE_DATABASE"))
    warehouse_reader: str = Field(default="grafana", validation_alias=_also("WAREHOUSE_READER"))
    warehouse_reader_password: SecretStr | None = Field(
        default=None, validation_alias=_also("WAREHOUSE_READER_PASSWORD")
    )
    dagster_url: str | None = Field(default=None, description="where Dagster's pages are, for links in alerts")
    databases: dict[str, SecretStr] = Field(
        default={},
        description="outside databases: TRAILHOUSE_DATABASES__<NAME>=<SQLAlchemy URL>; default <data>/<name>.sqlite",
    )
    slack_url: str = Field(default="https://slack.com/api/", description="where Slack's methods are")
    smtp_host: str | None = Field(default=None, description="takes mails; without it they go to <data>/outbox")
    smtp_port: int | None = Field(default=None, ge=1, le=65535, description="default 587, of tls 465, of none 25")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the way to it is encrypted"
    )
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = Field(default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="the sender's address")
    webhook_secret: SecretStr | None = Field(
        default=None, description="signs what goes to webhooks; without it that goes to <data>/outbox"
    )

    @model_validator(mode="after")
    def _can_send_mail(self) -> "Settings":
        if self.smtp_host and not self.smtp_from:
            raise ValueError("TRAILHOUSE_SMTP_HOST is set: set TRAILHOUSE_SMTP_FROM, the sender's address, too")
        return self

    @cached_property
    def data_folder(self) -> Path:
        return self.data or self.home / "data"

    @cached_property
    def config_folder(self) -> Path:
        return self.config or self.home / "config"

    @cached_property
    def inbox_root(self) -> Path:
        return self.inbox or self.home

    @property
    def lake_folder(self) -> Path:
        return self.data_folder / "lake"

    @property
    def warehouse_path(self) -> Path:
        return self.data_folder / "warehouse.duckdb"

    @property
    def published_folder(self) -> Path:
        return self.data_folder / "published"

    @property
    def templates_folder(self) -> Path:
        return self.home / "assets" / "reports" / "templates"

    @property
    def outbox_folder(self) -> Path:
        return self.data_folder / "outbox"

    @property
    def grafana_variables(self) -> dict[str, str | SecretStr | None]:
        """What the files in grafana/ leave open, by the names that they use."""
        return {
            "TRAILHOUSE_PUBLISHED": str(self.published_folder.absolute()),
            "TRAILHOUSE_ALERT_ADDRESS": self.alert_address,
            "WAREHOUSE_ADDRESS": self.warehouse_address,
            "WAREHOUSE_DATABASE": self.warehouse_database,
            "WAREHOUSE_READER": self.warehouse_reader,
            "WAREHOUSE_READER_PASSWORD": self.warehouse_reader_password,
        }

    def database_address(self, name: str) -> SecretStr:
        """SQLAlchemy URL of an outside database."""
        return self.databases.get(name) or SecretStr(f"sqlite:///{self._database_file(name)}")

    def has_database(self, name: str) -> bool:
        """Whether somebody set its address, or the file lies there that is asked without one."""
        return name in self.databases or self._database_file(name).exists()

    def _database_file(self, name: str) -> Path:
        return self.data_folder / f"{name}.sqlite"

    @property
    def ledger_address(self) -> str:
        return self.ledger_url or f"sqlite:///{self.data_folder / 'ledger.sqlite'}"
