/** What the help of the commands of `billhouse rules` says after their options. */
export const HELP_RULES = {
  rules: `
docs/tracking.md explains rules, priority, files and what analysts read. How it goes:

  $ billhouse rules dry-run -f rules.yaml     what the file would change, in resources and money
  $ billhouse rules apply -f rules.yaml       writes it, and assigns resources anew
  $ billhouse rules coverage                  how much of the cost has a rule now
  $ billhouse rules conflicts --pairs         which rules want the same resources, dearest first

Examples:
  $ billhouse rules list
  $ billhouse rules explain aks-batch-31415926-vmss`,
  apply: `
The whole file is checked first; when anything is wrong, every mistake is shown with its line and nothing is changed.
Rules that the file does not name stay as they are, unless --replace removes them. What is written is evaluated at
once: all resources are assigned anew, and costs of every month show it when they are read the next time.

  fallback: none               # last_segment: what has no rule is named by the last word of its id
  rules:
    - id: 125                  # the short form: the text is contained in last segment, group or subscription id;
      resource_tracking: shop  # its priority is its id, where that is a number
    - id: web-prod
      name: Web shop, production
      priority: 50             # the smaller one wins; 100 when it is not given
      match:
        all:
          - { field: resource_group, operator: prefix, value: rg-web- }
          - any:
              - { field: "tag:env", operator: equals, value: prod }
              - { field: last_segment, operator: wildcard, value: "*-prd-*" }
          - not: { field: resource_type, operator: equals, value: microsoft.network/publicipaddresses }
      targets: { application_service: web shop, owner: team-web }
      valid_from: 2026-01-01   # the first day; valid_to is the first day on which it holds no more
      enabled: true

Examples:
  $ billhouse rules apply -f rules.yaml
  $ billhouse rules apply -f rules.csv --replace --dry-run`,
  evaluate: `
Imports do it by themselves after each publication, and \`rules apply\` when it has changed something. This is for rules
that were written with SQL and shall hold at once. Every resource is assigned anew; readers see all of it at once. With
TEMPORAL_ADDRESS a worker does it.

Examples:
  $ billhouse rules evaluate
  $ billhouse rules evaluate --json | jq .conflicts`,
  list: `
Examples:
  $ billhouse rules list
  $ billhouse rules list --json | jq -r '.rules[] | select(.enabled | not) | .id'`,
  show: `
Examples:
  $ billhouse rules show 125
  $ billhouse rules show web-prod --history`,
  export: `
YAML and JSON hold every rule as it is. CSV has one line per rule, its match as JSON in a column where the short form
does not do.

Examples:
  $ billhouse rules export > rules.yaml
  $ billhouse rules export --format csv > rules.csv`,
  test: `
The rules of the file alone are asked: not those that are there. The exit code is 1 when one of the resources would have
no rule.

Examples:
  $ billhouse rules test -f rules.yaml --resource aks-batch-31415926-vmss
  $ billhouse rules test -f rules.csv --resource vm-web-1 --resource vm-web-2 --on 2026-04-30 --json`,
  dryRun: `
Compares with what readers see now: assigned cost, cost of each value of each target, resources that would get another
rule, dearest first. Costs are those of one month, each currency by itself. The rules of the file are taken together
with those that are there, as \`rules apply\` would leave them.

Examples:
  $ billhouse rules dry-run -f rules.yaml
  $ billhouse rules dry-run -f rules.yaml --replace --month 2026-05 --limit 100
  $ billhouse rules dry-run -f rules.yaml --json | jq '.targets[] | select(.target == "owner")'`,
  explain: `
Rules as they are now are asked, also where they were not evaluated yet; that is said. A rule loses by its priority,
then by its field (last segment before resource group before subscription), then by its id.

Examples:
  $ billhouse rules explain vm-web-1
  $ billhouse rules explain /subscriptions/0001/resourceGroups/rg-web/providers/Microsoft.Web/sites/shop
  $ billhouse rules explain vm-web-1 --all --on 2026-04-30`,
  coverage: `
A cost has a rule when its resource had one on its day. Charges that name no resource, such as purchases, are counted
as without a rule and shown apart. What only the fallback names has no rule.

Examples:
  $ billhouse rules coverage
  $ billhouse rules coverage --month 2026-05 --by subscription`,
  conflicts: `
Of the current evaluation. A conflict is not an error: the winner is the smallest priority, then the more specific
field, then the smallest id. It is worth a look where much money hangs on it.

Examples:
  $ billhouse rules conflicts --pairs
  $ billhouse rules conflicts --month 2026-05 --rule 125 --limit 100`,
  unused: `
Of the current evaluation. A rule that matches but never wins is shown with the rules that beat it.

Examples:
  $ billhouse rules unused
  $ billhouse rules unused --json | jq -r '.rules[] | select(.use == "never matches") | .ruleId'`,
} as const;
