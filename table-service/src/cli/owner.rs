use clap::Args;
use weir_paimon::owner::{Claim, Owner};

/// For whom a run works. Verbs that delete nothing pass it over.
#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    /// Table object on whose behalf this process works, namespace/name/uid.
    #[arg(long, hide = true, value_name = "OWNER")]
    pub(crate) owner: Option<Owner>,
    /// Take the table over from another Table object that maintained it, as .weir/owner.json says.
    #[arg(long, hide = true, requires = "owner")]
    pub(crate) take_over: bool,
}

impl OwnerArgs {
    /// What the run claims to be.
    pub(crate) fn claim(&self, dry_run: bool) -> Claim {
        Claim { owner: self.owner.clone(), take_over: self.take_over, dry_run }
    }
}
