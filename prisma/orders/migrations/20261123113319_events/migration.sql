-- Events: outbox and inbox, and what their handlers keep.

-- CreateEnum
CREATE TYPE "event_state" AS ENUM ('PENDING', 'DONE', 'DEAD');

-- AlterTable
ALTER TABLE "order" ADD COLUMN     "expires_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "catalogue_variant" (
    "variant_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "weight_grams" INTEGER NOT NULL,
    "for_sale" BOOLEAN NOT NULL,
    "product_version" INTEGER NOT NULL,

    CONSTRAINT "catalogue_variant_pkey" PRIMARY KEY ("variant_id")
);

-- CreateTable
CREATE TABLE "idempotency_record" (
    "viewer_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "input_hash" BYTEA NOT NULL,
    "result_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_record_pkey" PRIMARY KEY ("viewer_id","key")
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
CREATE INDEX "catalogue_variant_product_id_idx" ON "catalogue_variant"("product_id");

-- CreateIndex
CREATE INDEX "idempotency_record_created_at_idx" ON "idempotency_record"("created_at");

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

ALTER TABLE "catalogue_variant"
    ADD CONSTRAINT "catalogue_variant_price_check" CHECK ("price" >= 0),
    ADD CONSTRAINT "catalogue_variant_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT "catalogue_variant_weight_grams_check" CHECK ("weight_grams" > 0);
