table 50100 "Orderwire Placed Order"
{
    Caption = 'Orderwire Placed Order';
    DataClassification = CustomerContent;

    fields
    {
        field(1; "Source Key"; Code[50])
        {
            Caption = 'Source Key';
        }
        field(2; "Sales Order No."; Code[20])
        {
            Caption = 'Sales Order No.';
        }
        field(3; "Placed At"; DateTime)
        {
            Caption = 'Placed At';
        }
    }

    keys
    {
        key(PK; "Source Key")
        {
            Clustered = true;
        }
    }
}
