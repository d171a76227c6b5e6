"""The durable edges: inbox, turns and outbox of channels, and procrastinate's queue in a schema of its own.

``0004_queue.sql`` is procrastinate 3.10's schema, as released (MIT). No reader may see any of it.

Revises: 0003
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ENUMS = {
    "channel_event_state": ("done", "waiting", "taken", "answered", "dropped"),
    "channel_turn_state": ("running", "composed", "superseded", "dropped"),
    "channel_outbox_state": ("waiting", "posting", "posted", "confirmed", "dropped", "dead"),
}
TABLES = ("channel_conversations", "channel_turns", "channel_events", "channel_outbox")
QUEUE = Path(__file__).parent / "0004_queue.sql"


def enum(name: str, *, create_type: bool = False) -> postgresql.ENUM:
    return postgresql.ENUM(*ENUMS[name], name=name, create_type=create_type)


def moment(name: str, comment: str, *, default: str | None = None) -> sa.Column:
    kind = postgresql.TIMESTAMP(timezone=True)
    return sa.Column(
        name, kind, server_default=sa.text(default) if default else None, nullable=default is None, comment=comment
    )


def words(name: str, comment: str, *, default: str | None = None, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable, comment=comment)


def number(name: str, comment: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment)


def counter(name: str, comment: str) -> sa.Column:
    return sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False, comment=comment)


def instant(name: str, comment: str) -> sa.Column:
    kind = postgresql.DOUBLE_PRECISION()
    return sa.Column(name, kind, server_default=sa.text("0"), nullable=False, comment=comment)


def conversations() -> None:
    op.create_table(
        "channel_conversations",
        number("account_id", "Account", nullable=False),
        number("conversation_id", "Conversation number within the account", nullable=False),
        number("inbox_id", "Inbox it lies in"),
        words("channel", "Kind of inbox, such as Channel::Whatsapp", default=""),
        words("status", "pending, open, resolved or snoozed", default=""),
        words("assignee_type", "User, AgentBot or nobody", nullable=True),
        sa.Column(
            "can_reply", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="Free text may be sent"
        ),
        instant("as_of", "The channel's own time of what is known"),
        sa.Column(
            "facts",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Contact, labels, priority, attributes",
        ),
        moment("person_at", "A person wrote to the customer while it was the bot's"),
        instant("person_as_of", "The channel's own time of that"),
        instant("away_as_of", "The channel's own time when it last was not the bot's"),
        counter("superseded", "Replies in a row not posted because more was written"),
        moment("last_event_at", "Latest event", default="now()"),
        moment("checked_at", "Last compared with what the channel says"),
        sa.PrimaryKeyConstraint("account_id", "conversation_id", name="pk_channel_conversations"),
        comment="Conversations at the channel, as last seen; never granted to any reader",
    )
    op.create_index("ix_channel_conversations_last_event_at", "channel_conversations", ["last_event_at"])


def turns() -> None:
    op.create_table(
        "channel_turns",
        sa.Column("turn_key", sa.Uuid(), nullable=False, comment="Made of the messages it answers"),
        number("account_id", "Account", nullable=False),
        number("conversation_id", "Conversation", nullable=False),
        sa.Column("message_ids", sa.ARRAY(sa.BigInteger()), nullable=False, comment="Messages answered, in order"),
        sa.Column("request", postgresql.JSONB(), nullable=True, comment="TurnRequest, once it is made"),
        sa.Column(
            "state", enum("channel_turn_state"), server_default="running", nullable=False, comment="How far it is"
        ),
        counter("attempts", "Times begun"),
        words("reason", "Why it was dropped or superseded", default=""),
        moment("created_at", "Begun", default="now()"),
        moment("finished_at", "Ended"),
        sa.PrimaryKeyConstraint("turn_key", name="pk_channel_turns"),
        comment="Turns of channels; never granted to any reader",
    )
    op.create_index(
        "ix_channel_turns_running",
        "channel_turns",
        ["account_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )


def events() -> None:
    op.create_table(
        "channel_events",
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="Number"),
        words("delivery_id", "The channel's id of the delivery", nullable=True),
        words("dedupe_key", "What happened, if it happens once only", nullable=True),
        words("source", "bot, account, sweep"),
        words("event", "Name of the event"),
        number("account_id", "Account"),
        number("conversation_id", "Conversation"),
        number("message_id", "Message"),
        words("kind", "answer, takeover, echo, state, ignored"),
        words("reason", "Why it is of that kind", default=""),
        sa.Column("state", enum("channel_event_state"), nullable=False, comment="How far it is"),
        sa.Column("turn_key", sa.Uuid(), nullable=True, comment="Turn that answers it"),
        sa.Column("payload", postgresql.JSONB(), nullable=False, comment="The event, without secrets"),
        moment("received_at", "When it came", default="clock_timestamp()"),
        sa.PrimaryKeyConstraint("event_id", name="pk_channel_events"),
        sa.UniqueConstraint("delivery_id", name="uq_channel_events_delivery_id"),
        sa.UniqueConstraint("dedupe_key", name="uq_channel_events_dedupe_key"),
        sa.ForeignKeyConstraint(
            ["turn_key"], ["channel_turns.turn_key"], name="fk_channel_events_turn_key_channel_turns"
        ),
        comment="Events delivered by channels; never granted to any reader",
    )
    op.create_index(
        "ix_channel_events_unsettled",
        "channel_events",
        ["account_id", "conversation_id"],
        postgresql_where=sa.text("state IN ('waiting', 'taken')"),
    )
    op.create_index("ix_channel_events_received_at", "channel_events", ["received_at"])
    op.create_index("ix_channel_events_turn_key", "channel_events", ["turn_key"])


def outbox() -> None:
    op.create_table(
        "channel_outbox",
        sa.Column("outbox_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="Order of posting"),
        sa.Column("uid", sa.Uuid(), nullable=False, comment="Our id, sent along and echoed"),
        sa.Column("turn_key", sa.Uuid(), nullable=True, comment="Turn it comes from"),
        number("account_id", "Account", nullable=False),
        number("conversation_id", "Conversation", nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False, comment="What to do"),
        sa.Column(
            "state", enum("channel_outbox_state"), server_default="waiting", nullable=False, comment="How far it is"
        ),
        counter("attempts", "Times tried"),
        moment("due_at", "Not to be tried before", default="now()"),
        moment("posting_at", "Last try began"),
        number("after_message_id", "Newest message of the conversation before the first try"),
        number("channel_message_id", "The channel's id of what was posted"),
        words("error", "What went wrong last", default=""),
        moment("created_at", "Kept", default="now()"),
        moment("settled_at", "Posted, dropped or given up"),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_channel_outbox"),
        sa.UniqueConstraint("uid", name="uq_channel_outbox_uid"),
        sa.ForeignKeyConstraint(
            ["turn_key"], ["channel_turns.turn_key"], name="fk_channel_outbox_turn_key_channel_turns"
        ),
        comment="What is to be posted at channels; never granted to any reader",
    )
    op.create_index(
        "ix_channel_outbox_unsettled",
        "channel_outbox",
        ["account_id", "conversation_id", "outbox_id"],
        postgresql_where=sa.text("state IN ('waiting', 'posting')"),
    )
    op.create_index(
        "ix_channel_outbox_dead", "channel_outbox", ["outbox_id"], postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index("ix_channel_outbox_turn_key", "channel_outbox", ["turn_key"])


def queue() -> None:
    """Its names are not qualified: they are made, and later found, by the search path of those who use them."""
    op.execute("CREATE SCHEMA queue")
    op.execute("SET LOCAL search_path = queue")
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(QUEUE.read_text(encoding="utf-8"))
    op.execute("SET LOCAL search_path TO DEFAULT")
    # Nobody listens: jobs wait for the end of a burst, so workers look for what is due. And commits that notify are made
    # one at a time, each waiting for the disk.
    op.execute(
        "ALTER TABLE queue.procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1"
    )
    op.execute("REVOKE ALL ON SCHEMA queue FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA queue FROM PUBLIC")


def upgrade() -> None:
    for name in ENUMS:
        enum(name, create_type=True).create(op.get_bind())
    conversations()
    turns()
    events()
    outbox()
    for table in TABLES:
        op.execute(f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    queue()


def downgrade() -> None:
    op.execute("DROP SCHEMA queue CASCADE")
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in ENUMS:
        enum(name).drop(op.get_bind())
