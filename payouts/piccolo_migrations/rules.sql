-- What the columns of the money's tables cannot say (docs/money.md): two persons for what is decided or booked by hand, one thing
-- open at a time, and what is never edited. After ledger.sql, whose ledger_is_append_only() it uses.

-- Payees and payout runs.
ALTER TABLE payee ADD CONSTRAINT ck_payee_one_owner CHECK ((kind = 'creator') = (creator IS NOT NULL) AND (kind = 'brand') = (brand IS NOT NULL));
ALTER TABLE payout_run ADD CONSTRAINT ck_payout_run_two_persons CHECK (checker IS NULL OR checker <> maker);
CREATE UNIQUE INDEX uq_payout_item_one_open ON payout_item (payee, currency) WHERE status IN ('locked', 'sending', 'unknown');

-- Commissions and bonuses: rules are never edited, corrections need two persons, and a show has one fixed fee.
ALTER TABLE commission
    ADD CONSTRAINT ck_commission_parts CHECK (amount_minor >= 0 AND fee_minor >= 0 AND brand_minor >= 0 AND (creator IS NOT NULL OR amount_minor = 0));
CREATE INDEX commission_due ON commission (hold_until) WHERE status = 'pending';
CREATE TRIGGER commission_rule_rows_stay BEFORE UPDATE OR DELETE ON commission_rule FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER commission_rule_stays BEFORE TRUNCATE ON commission_rule FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
ALTER TABLE adjustment
    ADD CONSTRAINT ck_adjustment_two_persons CHECK (checker IS NULL OR checker <> maker),
    ADD CONSTRAINT ck_adjustment_decided CHECK ((status = 'waiting') = (checker IS NULL));
CREATE UNIQUE INDEX uq_bonus_fixed_fee ON bonus (show) WHERE kind = 'fixed_fee';
CREATE INDEX bonus_waiting ON bonus (made_at) WHERE status = 'waiting';

-- Invoices to brands: one open payment for an invoice at a time; what is not invoiced yet is found quickly.
CREATE UNIQUE INDEX uq_brand_payment_one_open ON brand_payment (invoice) WHERE status IN ('intended', 'open', 'processing');
CREATE INDEX shop_commission_unbilled ON shop_commission (brand, currency, accepted_at) WHERE invoice IS NULL;
ALTER TABLE brand_invoice ADD CONSTRAINT ck_brand_invoice_sum CHECK (
    total_minor = commission_minor + fee_minor + vat_minor AND credited_minor + paid_minor <= total_minor
);

-- The bank and reconciliation: one match at a time, and two persons for what is booked by hand (chapter 7).
CREATE UNIQUE INDEX uq_reconciliation_exception_open ON reconciliation_exception (code, source_id, currency) WHERE status = 'open';
CREATE UNIQUE INDEX uq_bank_match_payout ON bank_match (payout) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_bank_match_line ON bank_match (line) WHERE ended_at IS NULL;
ALTER TABLE difference_posting ADD CONSTRAINT ck_difference_posting_two_persons CHECK (checker IS NULL OR checker <> maker);

-- A month is opened again by two persons (chapter 11).
ALTER TABLE period_reopening ADD CONSTRAINT ck_period_reopening_two_persons CHECK (checker IS NULL OR checker <> maker);
CREATE UNIQUE INDEX uq_period_reopening_waiting ON period_reopening (period) WHERE agreed_at IS NULL;

-- What was issued stays as it was issued.
CREATE FUNCTION document_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
begin
    raise exception 'a document that was issued is never changed; issue a credit note' using errcode = 'P0001';
end $$;
CREATE TRIGGER document_is_final BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_is_final();
CREATE TRIGGER document_line_is_final BEFORE UPDATE OR DELETE ON document_line FOR EACH ROW EXECUTE FUNCTION document_is_final();
CREATE TRIGGER document_file_is_final BEFORE UPDATE OR DELETE ON document_file FOR EACH ROW EXECUTE FUNCTION document_is_final();
CREATE UNIQUE INDEX uq_invoicing_mandate_open ON invoicing_mandate (creator) WHERE withdrawn_at IS NULL;
CREATE INDEX ix_document_line_source ON document_line (source, source_id);
