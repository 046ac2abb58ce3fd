-- When something was last edited by hand that answers show beside the publications: sources, names of customers, notes.
SELECT greatest(
    (SELECT max(updated_at) FROM sources),
    (SELECT max(updated_at) FROM customer_names),
    (SELECT max(updated_at) FROM snapshot_notes)) AS edited_at
