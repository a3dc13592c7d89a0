-- The orders database: orders, their lines and history, what sending costs.
--
-- Written by npm run db:new-migration from prisma/orders/schema.prisma, completed by hand with the checks and the
-- shipping rates. Leave it as it is: it has been applied.

-- CreateEnum
CREATE TYPE "OrderStatus" AS ENUM ('PENDING', 'CONFIRMED', 'REJECTED', 'SHIPPED', 'DELIVERED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "OrderActor" AS ENUM ('CUSTOMER', 'STAFF', 'SYSTEM');

-- CreateTable
CREATE TABLE "order" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "number" TEXT NOT NULL,
    "customer_id" UUID NOT NULL,
    "status" "OrderStatus" NOT NULL DEFAULT 'PENDING',
    "status_reason" TEXT,
    "currency" TEXT NOT NULL,
    "subtotal" BIGINT NOT NULL,
    "shipping" BIGINT NOT NULL,
    "total" BIGINT NOT NULL,
    "recipient" TEXT NOT NULL,
    "line1" TEXT NOT NULL,
    "line2" TEXT,
    "city" TEXT NOT NULL,
    "region" TEXT,
    "postal_code" TEXT NOT NULL,
    "country_code" TEXT NOT NULL,
    "tracking_number" TEXT,
    "placed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_line" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "variant_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_price" BIGINT NOT NULL,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_event" (
    "order_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "from_status" "OrderStatus",
    "to_status" "OrderStatus" NOT NULL,
    "actor" "OrderActor" NOT NULL,
    "actor_id" UUID,
    "reason" TEXT,

    CONSTRAINT "order_event_pkey" PRIMARY KEY ("order_id","sequence")
);

-- CreateTable
CREATE TABLE "shipping_rate" (
    "country_code" TEXT NOT NULL,
    "max_weight_grams" INTEGER NOT NULL,
    "price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,

    CONSTRAINT "shipping_rate_pkey" PRIMARY KEY ("country_code","max_weight_grams")
);

-- CreateTable
CREATE TABLE "shop_setting" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "shop_setting_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "order_number_key" ON "order"("number");

-- CreateIndex
CREATE INDEX "order_customer_id_placed_at_id_idx" ON "order"("customer_id", "placed_at", "id");

-- CreateIndex
CREATE INDEX "order_customer_id_status_placed_at_id_idx" ON "order"("customer_id", "status", "placed_at", "id");

-- CreateIndex
CREATE INDEX "order_status_placed_at_id_idx" ON "order"("status", "placed_at", "id");

-- CreateIndex
CREATE INDEX "order_placed_at_id_idx" ON "order"("placed_at", "id");

-- CreateIndex
CREATE INDEX "order_line_variant_id_idx" ON "order_line"("variant_id");

-- CreateIndex
CREATE UNIQUE INDEX "order_line_order_id_position_key" ON "order_line"("order_id", "position");

-- AddForeignKey
ALTER TABLE "order_line" ADD CONSTRAINT "order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_event" ADD CONSTRAINT "order_event_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Checks
ALTER TABLE "order"
    ADD CONSTRAINT "order_subtotal_check" CHECK ("subtotal" >= 0),
    ADD CONSTRAINT "order_shipping_check" CHECK ("shipping" >= 0),
    ADD CONSTRAINT "order_total_check" CHECK ("total" = "subtotal" + "shipping"),
    ADD CONSTRAINT "order_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT "order_country_code_check" CHECK ("country_code" ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT "order_version_check" CHECK ("version" >= 1);

ALTER TABLE "order_line"
    ADD CONSTRAINT "order_line_quantity_check" CHECK ("quantity" > 0),
    ADD CONSTRAINT "order_line_unit_price_check" CHECK ("unit_price" >= 0);

ALTER TABLE "shipping_rate"
    ADD CONSTRAINT "shipping_rate_country_code_check" CHECK ("country_code" ~ '^([A-Z]{2}|[*])$'),
    ADD CONSTRAINT "shipping_rate_max_weight_grams_check" CHECK ("max_weight_grams" > 0),
    ADD CONSTRAINT "shipping_rate_price_check" CHECK ("price" >= 0),
    ADD CONSTRAINT "shipping_rate_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$');

-- What sending costs until an operator says otherwise, in cents; '*' is every other country.
INSERT INTO "shipping_rate" ("country_code", "max_weight_grams", "price", "currency") VALUES
    ('DE', 1000, 490, 'EUR'), ('DE', 5000, 690, 'EUR'), ('DE', 10000, 1090, 'EUR'), ('DE', 31500, 1990, 'EUR'),
    ('AT', 1000, 990, 'EUR'), ('AT', 5000, 1390, 'EUR'), ('AT', 10000, 1890, 'EUR'), ('AT', 31500, 3190, 'EUR'),
    ('FR', 1000, 1090, 'EUR'), ('FR', 5000, 1590, 'EUR'), ('FR', 10000, 2190, 'EUR'), ('FR', 31500, 3690, 'EUR'),
    ('NL', 1000, 890, 'EUR'), ('NL', 5000, 1290, 'EUR'), ('NL', 10000, 1790, 'EUR'), ('NL', 31500, 2990, 'EUR'),
    ('CH', 1000, 1490, 'EUR'), ('CH', 5000, 2190, 'EUR'), ('CH', 10000, 2990, 'EUR'), ('CH', 31500, 4990, 'EUR'),
    ('GB', 1000, 1390, 'EUR'), ('GB', 5000, 2090, 'EUR'), ('GB', 10000, 2890, 'EUR'), ('GB', 31500, 4790, 'EUR'),
    ('US', 1000, 1990, 'EUR'), ('US', 5000, 3490, 'EUR'), ('US', 10000, 5490, 'EUR'), ('US', 31500, 11990, 'EUR'),
    ('*', 1000, 2490, 'EUR'), ('*', 5000, 4490, 'EUR'), ('*', 10000, 6990, 'EUR'), ('*', 31500, 14990, 'EUR');
