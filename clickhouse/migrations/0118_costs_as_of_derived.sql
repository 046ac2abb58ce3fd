-- Every cost entry that counts, as of a moment that the caller gives: costs_as_of(moment = '2026-05-01 00:00:00').
-- Again, with what lines say about their resources.
CREATE OR REPLACE VIEW costs_as_of AS
WITH
    ('actual', load_id, billing_account_id, subscription_id, date) IN (SELECT metric, load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')})) AS actual_is_silent,
    ('amortized', load_id, billing_account_id, subscription_id, date) IN (SELECT metric, load_id, billing_account_id, subscription_id, date FROM current_shadows_as_of(moment = {moment:DateTime64(6, 'UTC')})) AS amortized_is_silent
SELECT
    * EXCEPT (own_partition) REPLACE
    (
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_billing_currency) AS cost_in_billing_currency,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_usd) AS cost_in_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_usd) AS amortized_cost_in_usd,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_with_tax) AS cost_with_tax
    ),
    vm_family,
    vm_series,
    vm_version,
    tags_lower
FROM cost_entries
WHERE load_id IN (SELECT load_id FROM current_loads_as_of(moment = {moment:DateTime64(6, 'UTC')}))
    AND NOT multiIf(
        dataset = 'amortized', amortized_is_silent,
        dataset = 'focus', actual_is_silent AND amortized_is_silent,
        actual_is_silent)
COMMENT 'Every cost entry that counts: one row per line of the current runs. A cost is null where the row does not carry that metric, so that sums of either metric are right over all datasets, as of a moment'
