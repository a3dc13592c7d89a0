-- Events: outbox and inbox, and what their handlers keep.

-- CreateEnum
CREATE TYPE "ClaimState" AS ENUM ('HELD', 'REFUSED', 'SOLD', 'RELEASED');

-- CreateEnum
CREATE TYPE "event_state" AS ENUM ('PENDING', 'DONE', 'DEAD');

-- CreateTable
CREATE TABLE "stock_claim" (
    "order_id" UUID NOT NULL,
    "state" "ClaimState" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_claim_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "outbox_event" (
    "position" BIGSERIAL NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "request_id" TEXT,
    "trace_parent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state" "event_state" NOT NULL DEFAULT 'PENDING',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error" TEXT,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "inbox_event" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "data" JSONB,
    "request_id" TEXT,
    "trace_parent" TEXT,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state" "event_state" NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error" TEXT,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("id","source")
);

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox_event"("id");

-- CreateIndex
CREATE INDEX "outbox_event_open" ON "outbox_event"("position") WHERE (state <> 'DONE'::event_state);

-- CreateIndex
CREATE INDEX "outbox_event_open_subject" ON "outbox_event"("subject", "position") WHERE (state <> 'DONE'::event_state);

-- CreateIndex
CREATE INDEX "outbox_event_settled_at_idx" ON "outbox_event"("settled_at");

-- CreateIndex
CREATE INDEX "inbox_event_open" ON "inbox_event"("next_attempt_at") WHERE (state <> 'DONE'::event_state);

-- CreateIndex
CREATE INDEX "inbox_event_settled_at_idx" ON "inbox_event"("settled_at");

-- Checks
ALTER TABLE "outbox_event" ADD CONSTRAINT "outbox_event_attempts_check" CHECK ("attempts" >= 0);
ALTER TABLE "inbox_event" ADD CONSTRAINT "inbox_event_attempts_check" CHECK ("attempts" >= 0);

-- Who listens learns of new events when their transaction commits.
CREATE FUNCTION "notify_outbox_event"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox_event', '');
    RETURN NULL;
END;
$$;

CREATE TRIGGER "notify_outbox_event"
    AFTER INSERT ON "outbox_event"
    FOR EACH STATEMENT EXECUTE FUNCTION "notify_outbox_event"();

-- The orders of before have claims, too.
INSERT INTO "stock_claim" ("order_id", "state", "created_at")
SELECT "order_id", (array_agg("state" ORDER BY "state"))[1]::TEXT::"ClaimState", min("created_at")
FROM "stock_reservation"
GROUP BY "order_id";
