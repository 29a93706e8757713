//! Which agents are in service. A question for one that is not goes to concepts, so that every question is answered.

use learnflow_wire::learnflow::common::v1::AgentType;

/// Every agent by its app-id.
const NAMES: [(&str, AgentType); 5] = [
    ("concepts", AgentType::Concepts),
    ("code-review", AgentType::CodeReview),
    ("debug", AgentType::Debug),
    ("exercise", AgentType::Exercise),
    ("progress", AgentType::Progress),
];

/// The agents in service; concepts always is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agents(Vec<AgentType>);

impl Agents {
    pub(crate) fn new(agents: impl IntoIterator<Item = AgentType>) -> Self {
        Self(agents.into_iter().collect())
    }

    /// Reads `concepts,debug`; the error is the first name that names no agent.
    pub(crate) fn parse(names: &str) -> Result<Self, String> {
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        names
            .map(|name| {
                NAMES.iter().find(|(known, _)| *known == name).map(|(_, agent)| *agent).ok_or(name.to_owned())
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Who takes the questions of `wanted`.
    pub(crate) fn in_service(&self, wanted: AgentType) -> AgentType {
        if self.0.contains(&wanted) { wanted } else { AgentType::Concepts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_out_of_service_is_stood_in_for() {
        let agents = Agents::parse("concepts, debug").unwrap();
        assert_eq!(agents.in_service(AgentType::Debug), AgentType::Debug);
        assert_eq!(agents.in_service(AgentType::Exercise), AgentType::Concepts);
        assert_eq!(Agents::parse("concepts,astrology"), Err("astrology".to_owned()));
    }
}
