// Publish as web service "OrderwireGateway". The contract is in ../README.md; nothing of this has been run on a server.
codeunit 50100 "Orderwire Gateway"
{
    // Any error undoes the whole call: there is no Commit in here, and none may be added.
    procedure PlaceOrder(sourceKey: Text; var orderNo: Text; customerNo: Text; externalDocumentNo: Text; orderDate: Text; requestedDate: Text; currencyCode: Text; keepSafetyStock: Boolean; receiptsUntil: Text; var lines: Text): Text
    var
        Placed: Record "Orderwire Placed Order";
        SalesHeader: Record "Sales Header";
        Short: Text;
    begin
        if sourceKey = '' then
            Error('Source Key must not be blank.');

        // Two calls of one key meet here: the second waits until the first is committed or undone.
        Placed.LockTable();
        if Placed.Get(sourceKey) then begin
            orderNo := Placed."Sales Order No.";
            lines := '';
            exit('exists');
        end;

        LockItems(lines);
        Short := ShortItems(lines, keepSafetyStock, DateOf(receiptsUntil));
        if Short <> '' then begin
            orderNo := '';
            lines := Short;
            exit('short');
        end;

        InsertHeader(SalesHeader, orderNo, customerNo, externalDocumentNo, DateOf(orderDate), DateOf(requestedDate), currencyCode);
        InsertLines(SalesHeader, lines);

        Placed.Init();
        Placed."Source Key" := CopyStr(sourceKey, 1, MaxStrLen(Placed."Source Key"));
        Placed."Sales Order No." := SalesHeader."No.";
        Placed."Placed At" := CurrentDateTime();
        Placed.Insert();

        orderNo := SalesHeader."No.";
        lines := MadeLines(SalesHeader);
        exit('created');
    end;

    local procedure LockItems(Lines: Text)
    var
        Item: Record Item;
        ItemNos: List of [Text];
        ItemNo: Text;
    begin
        // In one order, so that two calls never wait for each other in a circle.
        ItemNos := SortedItemNos(Lines);
        Item.LockTable();
        foreach ItemNo in ItemNos do
            if Item.Get(ItemNo) then;
    end;

    local procedure ShortItems(Lines: Text; KeepSafetyStock: Boolean; ReceiptsUntil: Date) Short: Text
    var
        Wanted: Dictionary of [Text, Decimal];
        Place: Text;
        Line: Text;
        Fields: List of [Text];
        Covered: Decimal;
        Free: Decimal;
    begin
        foreach Line in Lines.Split(LineFeed()) do
            if Line <> '' then begin
                Fields := FieldsOf(Line);
                Place := Fields.Get(2) + Tab() + Fields.Get(3) + Tab() + Fields.Get(4);
                Covered := DecimalOf(Fields.Get(7));
                if Wanted.ContainsKey(Place) then
                    Covered += Wanted.Get(Place);
                Wanted.Set(Place, Covered);
            end;
        foreach Place in Wanted.Keys() do begin
            Fields := Place.Split(Tab());
            Free := FreeStock(Fields.Get(1), Fields.Get(2), Fields.Get(3), KeepSafetyStock, ReceiptsUntil);
            if (Wanted.Get(Place) > 0) and (Wanted.Get(Place) > Free) then
                Short := Joined(Short, Place + Tab() + Format(Free, 0, 9));
        end;
    end;

    local procedure FreeStock(ItemNo: Text; VariantCode: Text; LocationCode: Text; KeepSafetyStock: Boolean; ReceiptsUntil: Date) Free: Decimal
    var
        Item: Record Item;
        StockkeepingUnit: Record "Stockkeeping Unit";
        PurchaseLine: Record "Purchase Line";
    begin
        if not Item.Get(ItemNo) then
            exit(0);
        if VariantCode <> '' then
            Item.SetRange("Variant Filter", VariantCode);
        if LocationCode <> '' then
            Item.SetRange("Location Filter", LocationCode);
        Item.CalcFields(Inventory, "Qty. on Sales Order");
        Free := Item.Inventory - Item."Qty. on Sales Order";
        if KeepSafetyStock then
            if (LocationCode <> '') and StockkeepingUnit.Get(LocationCode, ItemNo, VariantCode) then
                Free -= StockkeepingUnit."Safety Stock Quantity"
            else
                Free -= Item."Safety Stock Quantity";
        if ReceiptsUntil = 0D then
            exit;
        PurchaseLine.SetRange("Document Type", PurchaseLine."Document Type"::Order);
        PurchaseLine.SetRange(Type, PurchaseLine.Type::Item);
        PurchaseLine.SetRange("No.", ItemNo);
        if VariantCode <> '' then
            PurchaseLine.SetRange("Variant Code", VariantCode);
        if LocationCode <> '' then
            PurchaseLine.SetRange("Location Code", LocationCode);
        PurchaseLine.SetRange("Expected Receipt Date", Today(), ReceiptsUntil);
        PurchaseLine.CalcSums("Outstanding Qty. (Base)");
        Free += PurchaseLine."Outstanding Qty. (Base)";
    end;

    local procedure InsertHeader(var SalesHeader: Record "Sales Header"; OrderNo: Text; CustomerNo: Text; ExternalDocumentNo: Text; OrderDate: Date; RequestedDate: Date; CurrencyCode: Text)
    begin
        SalesHeader.Init();
        SalesHeader.SetHideValidationDialog(true);
        SalesHeader."Document Type" := SalesHeader."Document Type"::Order;
        SalesHeader."No." := CopyStr(OrderNo, 1, MaxStrLen(SalesHeader."No."));
        SalesHeader.Insert(true);
        SalesHeader.Validate("Sell-to Customer No.", CustomerNo);
        SalesHeader.Validate("External Document No.", ExternalDocumentNo);
        if OrderDate <> 0D then
            SalesHeader.Validate("Order Date", OrderDate);
        if RequestedDate <> 0D then
            SalesHeader.Validate("Requested Delivery Date", RequestedDate);
        if CurrencyCode <> '' then
            SalesHeader.Validate("Currency Code", CurrencyCode);
        SalesHeader.Modify(true);
    end;

    local procedure InsertLines(SalesHeader: Record "Sales Header"; Lines: Text)
    var
        SalesLine: Record "Sales Line";
        Line: Text;
        Fields: List of [Text];
    begin
        foreach Line in Lines.Split(LineFeed()) do
            if Line <> '' then begin
                Fields := FieldsOf(Line);
                SalesLine.Init();
                SalesLine.SetHideValidationDialog(true);
                SalesLine."Document Type" := SalesHeader."Document Type";
                SalesLine."Document No." := SalesHeader."No.";
                Evaluate(SalesLine."Line No.", Fields.Get(1), 9);
                SalesLine.Insert(true);
                SalesLine.Validate(Type, SalesLine.Type::Item);
                SalesLine.Validate("No.", Fields.Get(2));
                if Fields.Get(3) <> '' then
                    SalesLine.Validate("Variant Code", Fields.Get(3));
                if Fields.Get(4) <> '' then
                    SalesLine.Validate("Location Code", Fields.Get(4));
                SalesLine.Validate("Unit of Measure Code", Fields.Get(5));
                SalesLine.Validate(Quantity, DecimalOf(Fields.Get(6)));
                if Fields.Get(8) <> '' then
                    SalesLine.Validate("Requested Delivery Date", DateOf(Fields.Get(8)));
                SalesLine.Modify(true);
            end;
    end;

    local procedure MadeLines(SalesHeader: Record "Sales Header") Made: Text
    var
        SalesLine: Record "Sales Line";
    begin
        SalesLine.SetRange("Document Type", SalesHeader."Document Type");
        SalesLine.SetRange("Document No.", SalesHeader."No.");
        SalesLine.SetRange(Type, SalesLine.Type::Item);
        if SalesLine.FindSet() then
            repeat
                Made := Joined(Made,
                    Format(SalesLine."Line No.", 0, 9) + Tab() + SalesLine."No." + Tab() + Format(SalesLine.Quantity, 0, 9) + Tab() +
                    SalesLine."Unit of Measure Code" + Tab() + Format(SalesLine."Unit Price", 0, 9));
            until SalesLine.Next() = 0;
    end;

    local procedure SortedItemNos(Lines: Text) Sorted: List of [Text]
    var
        Line: Text;
        ItemNo: Text;
        At: Integer;
    begin
        foreach Line in Lines.Split(LineFeed()) do
            if Line <> '' then begin
                ItemNo := FieldsOf(Line).Get(2);
                if not Sorted.Contains(ItemNo) then begin
                    At := 1;
                    while (At <= Sorted.Count()) and (Sorted.Get(At) < ItemNo) do
                        At += 1;
                    Sorted.Insert(At, ItemNo);
                end;
            end;
    end;

    local procedure FieldsOf(Line: Text) Fields: List of [Text]
    begin
        Fields := Line.Split(Tab());
        if Fields.Count() <> 8 then
            Error('A line must have 8 fields.');
    end;

    local procedure DecimalOf(Value: Text) Result: Decimal
    begin
        Evaluate(Result, Value, 9);
    end;

    local procedure DateOf(Value: Text) Result: Date
    begin
        if Value <> '' then
            Evaluate(Result, Value, 9);
    end;

    local procedure Joined(Before: Text; Entry: Text): Text
    begin
        if Before = '' then
            exit(Entry);
        exit(Before + LineFeed() + Entry);
    end;

    local procedure Tab() Character: Text[1]
    begin
        Character[1] := 9;
    end;

    local procedure LineFeed() Character: Text[1]
    begin
        Character[1] := 10;
    end;
}
