-- Every cost entry that counts, now. Again, with what lines say about their resources.
-- What is visible is asked for once in a query, so all of its parts and all views in it show the same.
-- Where nothing is silent the conditions that say so are constant, and nothing is planned for them.
CREATE OR REPLACE VIEW costs AS
WITH (SELECT argMax((moment, load_ids, silent_actual, silent_amortized), seen) FROM visible_loads) AS visible
SELECT
    * EXCEPT (own_partition, actual_is_silent, amortized_is_silent) REPLACE
    (
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_billing_currency) AS cost_in_billing_currency,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_in_usd) AS cost_in_usd,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_billing_currency) AS amortized_cost_in_billing_currency,
        if(dataset IN ('actual', 'usage') OR amortized_is_silent, NULL, amortized_cost_in_usd) AS amortized_cost_in_usd,
        if(dataset = 'amortized' OR actual_is_silent, NULL, cost_with_tax) AS cost_with_tax
    )
FROM
(
    SELECT
        *,
        vm_family,
        vm_series,
        vm_version,
        tags_lower,
        notEmpty(visible.3) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.3)) AS actual_is_silent,
        notEmpty(visible.4) AND (load_id, billing_account_id, subscription_id, date) IN (SELECT arrayJoin(visible.4)) AS amortized_is_silent
    FROM cost_entries
    WHERE load_id IN (visible.2)
)
WHERE NOT multiIf(
    dataset = 'amortized', amortized_is_silent,
    dataset = 'focus', actual_is_silent AND amortized_is_silent,
    actual_is_silent)
COMMENT 'Every cost entry that counts: one row per line of the current runs. A cost is null where the row does not carry that metric, so that sums of either metric are right over all datasets'
